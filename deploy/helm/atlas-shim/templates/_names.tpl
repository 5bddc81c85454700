{{- define "atlas-shim.name" -}}
{{- if eq .Release.Name "atlas-shim" }}atlas-shim{{ else }}{{ printf "%s-atlas-shim" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "atlas-shim.mappings" -}}
{{ .Values.mappings | default (printf "%s-mappings" (include "atlas-shim.name" .)) }}
{{- end }}

{{- define "atlas-shim.secret" -}}
{{ .Values.secret | default (include "atlas-shim.name" .) }}
{{- end }}

{{- define "atlas-shim.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "atlas-shim.selector" -}}
app.kubernetes.io/name: atlas-shim
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "atlas-shim.labels" -}}
{{ include "atlas-shim.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}
