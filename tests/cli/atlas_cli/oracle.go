// Checks templates.json: what Go itself prints of the same replies, with structs like those of atlas-sdk-go.
//
//	go run oracle.go < templates.json
//
// It prints the cases in which Go says something else, and needs the standard library alone (made with Go 1.24.4).
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"text/tabwriter"
	"text/template"
	"time"
)

type Link struct {
	Href *string `json:"href,omitempty"`
	Rel  *string `json:"rel,omitempty"`
}
type ApiBSONTimestamp struct {
	Date      *time.Time `json:"date,omitempty"`
	Increment *int       `json:"increment,omitempty"`
}
type ServerlessBackupSnapshot struct {
	CreatedAt              *time.Time `json:"createdAt,omitempty"`
	ExpiresAt              *time.Time `json:"expiresAt,omitempty"`
	FrequencyType          *string    `json:"frequencyType,omitempty"`
	Id                     *string    `json:"id,omitempty"`
	Links                  *[]Link    `json:"links,omitempty"`
	MongodVersion          *string    `json:"mongodVersion,omitempty"`
	ServerlessInstanceName *string    `json:"serverlessInstanceName,omitempty"`
	SnapshotType           *string    `json:"snapshotType,omitempty"`
	Status                 *string    `json:"status,omitempty"`
	StorageSizeBytes       *int64     `json:"storageSizeBytes,omitempty"`
}
type ServerlessBackupRestoreJob struct {
	Cancelled             *bool             `json:"cancelled,omitempty"`
	DeliveryType          string            `json:"deliveryType"`
	DeliveryUrl           *[]string         `json:"deliveryUrl,omitempty"`
	DesiredTimestamp      *ApiBSONTimestamp `json:"desiredTimestamp,omitempty"`
	Expired               *bool             `json:"expired,omitempty"`
	ExpiresAt             *time.Time        `json:"expiresAt,omitempty"`
	Failed                *bool             `json:"failed,omitempty"`
	FinishedAt            *time.Time        `json:"finishedAt,omitempty"`
	Id                    *string           `json:"id,omitempty"`
	Links                 *[]Link           `json:"links,omitempty"`
	OplogInc              *int              `json:"oplogInc,omitempty"`
	OplogTs               *int              `json:"oplogTs,omitempty"`
	PointInTimeUTCSeconds *int              `json:"pointInTimeUTCSeconds,omitempty"`
	SnapshotId            *string           `json:"snapshotId,omitempty"`
	TargetClusterName     string            `json:"targetClusterName"`
	TargetGroupId         string            `json:"targetGroupId"`
	Timestamp             *time.Time        `json:"timestamp,omitempty"`
}

type ServerlessProviderSettings struct {
	BackingProviderName       string  `json:"backingProviderName"`
	EffectiveDiskSizeGBLimit  *int    `json:"effectiveDiskSizeGBLimit,omitempty"`
	EffectiveInstanceSizeName *string `json:"effectiveInstanceSizeName,omitempty"`
	EffectiveProviderName     *string `json:"effectiveProviderName,omitempty"`
	ProviderName              *string `json:"providerName,omitempty"`
	RegionName                string  `json:"regionName"`
}
type ServerlessInstanceDescriptionConnectionStrings struct {
	StandardSrv *string `json:"standardSrv,omitempty"`
}
type ClusterServerlessBackupOptions struct {
	ServerlessContinuousBackupEnabled *bool `json:"serverlessContinuousBackupEnabled,omitempty"`
}
type ResourceTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
type ServerlessInstanceDescription struct {
	ConnectionStrings            *ServerlessInstanceDescriptionConnectionStrings `json:"connectionStrings,omitempty"`
	CreateDate                   *time.Time                                      `json:"createDate,omitempty"`
	GroupId                      *string                                         `json:"groupId,omitempty"`
	Id                           *string                                         `json:"id,omitempty"`
	Links                        *[]Link                                         `json:"links,omitempty"`
	MongoDBVersion               *string                                         `json:"mongoDBVersion,omitempty"`
	Name                         *string                                         `json:"name,omitempty"`
	ProviderSettings             ServerlessProviderSettings                      `json:"providerSettings"`
	ServerlessBackupOptions      *ClusterServerlessBackupOptions                 `json:"serverlessBackupOptions,omitempty"`
	StateName                    *string                                         `json:"stateName,omitempty"`
	Tags                         *[]ResourceTag                                  `json:"tags,omitempty"`
	TerminationProtectionEnabled *bool                                           `json:"terminationProtectionEnabled,omitempty"`
}
type PaginatedApiAtlasServerlessBackupSnapshot struct {
	Links      *[]Link                    `json:"links,omitempty"`
	Results    []ServerlessBackupSnapshot `json:"results"`
	TotalCount *int                       `json:"totalCount,omitempty"`
}
type PaginatedApiAtlasServerlessBackupRestoreJob struct {
	Links      *[]Link                      `json:"links,omitempty"`
	Results    []ServerlessBackupRestoreJob `json:"results"`
	TotalCount *int                         `json:"totalCount,omitempty"`
}
type PaginatedServerlessInstanceDescription struct {
	Links      *[]Link                         `json:"links,omitempty"`
	Results    []ServerlessInstanceDescription `json:"results"`
	TotalCount *int                            `json:"totalCount,omitempty"`
}

func orEmpty(slice any) (result any) {
	if slice == nil {
		return result
	}
	k := reflect.TypeOf(slice).Kind()
	if (k == reflect.Slice || k == reflect.Ptr) && reflect.ValueOf(slice).IsNil() {
		return result
	}
	return slice
}

var kinds = map[string]func() any{
	"ServerlessBackupSnapshot":                    func() any { return &ServerlessBackupSnapshot{} },
	"ServerlessBackupRestoreJob":                  func() any { return &ServerlessBackupRestoreJob{} },
	"ServerlessInstanceDescription":               func() any { return &ServerlessInstanceDescription{} },
	"PaginatedApiAtlasServerlessBackupSnapshot":   func() any { return &PaginatedApiAtlasServerlessBackupSnapshot{} },
	"PaginatedApiAtlasServerlessBackupRestoreJob": func() any { return &PaginatedApiAtlasServerlessBackupRestoreJob{} },
	"PaginatedServerlessInstanceDescription":      func() any { return &PaginatedServerlessInstanceDescription{} },
}

func printed(text string, value any) (string, error) {
	if text == "json" {
		written, err := json.MarshalIndent(value, "", "  ")
		return fmt.Sprintln(string(written)), err
	}
	parsed, err := template.New("output").Funcs(template.FuncMap{"valueOrEmptySlice": orEmpty}).Parse(text)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	writer := tabwriter.NewWriter(&out, 6, 4, 3, ' ', 0)
	if err := parsed.Execute(writer, value); err != nil {
		return "", err
	}
	err = writer.Flush()
	return out.String(), err
}

func main() {
	var recorded struct {
		Values map[string]struct {
			Struct string
			Json   json.RawMessage
		}
		Cases []struct{ Value, Template, Output string }
	}
	if err := json.NewDecoder(os.Stdin).Decode(&recorded); err != nil {
		panic(err)
	}
	for _, one := range recorded.Cases {
		value := kinds[recorded.Values[one.Value].Struct]()
		if err := json.Unmarshal(recorded.Values[one.Value].Json, value); err != nil {
			panic(err)
		}
		output, err := printed(one.Template, value)
		if err != nil || output != one.Output {
			fmt.Printf("%q of %s: %q, %v\n", one.Template, one.Value, output, err)
		}
	}
	fmt.Println(len(recorded.Cases), "cases")
}
