{{- /*
The gateway as a native sidecar (Kubernetes 1.29 or later), for a chart that has this one as its dependency, with
"atlas-shim.shared: false" among its values. In the spec of a pod, whose program gets ATLAS_BASE_URL=http://127.0.0.1:8480:

      initContainers:
        {{- include "atlas-shim.sidecar" (index .Subcharts "atlas-shim") | nindent 8 }}
      volumes:
        {{- include "atlas-shim.sidecarVolumes" (index .Subcharts "atlas-shim") | nindent 8 }}
*/}}
{{- define "atlas-shim.sidecar" -}}
- name: atlas-shim
  image: {{ include "atlas-shim.image" . }}
  {{- with .Values.image.pullPolicy }}
  imagePullPolicy: {{ . }}
  {{- end }}
  restartPolicy: Always
  args: [serve, --config, /etc/atlas-shim/shim.toml]
  env:
    - {name: ATLAS_SHIM_MAPPINGS, value: /etc/atlas-shim-mappings}
    - {name: MONGODB_ATLAS_PUBLIC_API_KEY_FILE, value: /etc/atlas-shim-secrets/public-key}
    - {name: MONGODB_ATLAS_PRIVATE_API_KEY_FILE, value: /etc/atlas-shim-secrets/private-key}
    {{- with .Values.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  startupProbe:
    exec: {command: [atlas-shim, status, --probe, ready]}
    periodSeconds: 1
    timeoutSeconds: 3
    failureThreshold: 30
  livenessProbe:
    exec: {command: [atlas-shim, status, --probe, live]}
    periodSeconds: 20
    timeoutSeconds: 3
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
    seccompProfile: {type: RuntimeDefault}
  resources:
    requests: {cpu: 10m, memory: 64Mi}
    limits: {memory: 256Mi}
  volumeMounts:
    - {name: atlas-shim, mountPath: /etc/atlas-shim, readOnly: true}
    - {name: atlas-shim-mappings, mountPath: /etc/atlas-shim-mappings, readOnly: true}
    - {name: atlas-shim-secrets, mountPath: /etc/atlas-shim-secrets, readOnly: true}
    {{- with .Values.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "atlas-shim.sidecarVolumes" -}}
- name: atlas-shim
  configMap: {name: {{ include "atlas-shim.name" . }}}
- name: atlas-shim-mappings
  configMap: {name: {{ include "atlas-shim.mappings" . }}, optional: true}
- name: atlas-shim-secrets
  secret: {secretName: {{ include "atlas-shim.secret" . }}, optional: true}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
