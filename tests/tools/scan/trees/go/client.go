package backups

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"path"
	"strings"
)

const (
	root          = "https://cloud.mongodb.com/api/atlas/v2"
	snapshotsPath = "/groups/%s/serverless/%s/backup/snapshots"
)

var restorePath = root + "/groups/{groupId}/serverless/{clusterName}/backup/restoreJobs"

type Client struct {
	http *http.Client
	base string
}

func New() *Client { return &Client{base: root, http: http.DefaultClient} }

func (c *Client) newRequest(ctx context.Context, method, urlPath string, body any) (*http.Request, error) {
	raw, _ := json.Marshal(body)
	return http.NewRequestWithContext(ctx, method, c.base+urlPath, bytes.NewReader(raw))
}

func (c *Client) Snapshots(ctx context.Context, group, name string) {
	req, _ := c.newRequest(ctx, http.MethodGet, fmt.Sprintf(snapshotsPath, group, name), nil) // call: listServerlessBackupSnapshots GET
	c.http.Do(req)
}

func (c *Client) Snapshot(ctx context.Context, group, name, id string) {
	u := fmt.Sprintf(snapshotsPath, url.PathEscape(group), url.PathEscape(name)) + "/" + id
	req, err := c.newRequest(ctx, "GET", u, nil) // call: getServerlessBackupSnapshot GET
	if err != nil {
		log.Fatalf("GET %s: %v", u, err)
	}
	c.http.Do(req)
}

func (c *Client) Restore(ctx context.Context, group, name string) {
	u := strings.NewReplacer("{groupId}", group, "{clusterName}", name).Replace(restorePath)
	v := strings.Replace(restorePath, "{groupId}", group, 1)
	http.Post(v, "application/json", nil) // call: createServerlessRestoreJob POST
	http.Get(u) // call: listServerlessRestoreJobs GET
}

func (c *Client) Jobs(group, name string) (*http.Response, error) {
	u, err := url.JoinPath(c.base, "groups", group, "serverless", name, "backup", "restoreJobs")
	if err != nil {
		return nil, err
	}
	return http.Get(u) // call: listServerlessRestoreJobs GET
}

func (c *Client) Joined(group, name string) {
	p := path.Join("/api/atlas/v2/groups", group, "serverless", name) // call: deleteServerlessInstance DELETE
	req := &http.Request{Method: http.MethodDelete, URL: &url.URL{Scheme: "https", Host: "cloud.mongodb.com", Path: p}}
	c.http.Do(req)
}

func (c *Client) Segments(group, name string) {
	parts := []string{root, "groups", group, "serverless", name, "backup", "snapshots"}
	c.http.Get(strings.Join(parts, "/")) // call: listServerlessBackupSnapshots GET
}

func instanceURL(group, name, rest string) string {
	return root + "/groups/" + group + "/serverless/" + name + rest
}

func (c *Client) Built(group, name string) {
	var b strings.Builder
	b.WriteString(root)
	b.WriteString("/groups/" + group)
	b.WriteString("/serverless/" + name)
	http.Get(b.String())                                     // call: getServerlessInstance GET
	http.Get(instanceURL(group, name, "/backup/snapshots"))  // call: listServerlessBackupSnapshots GET
	c.patch(instanceURL(group, name, ""), map[string]any{})  // call: updateServerlessInstance PATCH
	resty.R().SetBody(x).Post(instanceURL(group, name, "/backup/restoreJobs")) // call: createServerlessRestoreJob POST
}
