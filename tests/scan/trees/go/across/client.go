package across

import (
	"fmt"
	"net/http"

	"example.org/x/paths"
)

func (c *Client) Call(group, name string) {
	c.do(http.MethodGet, fmt.Sprintf(paths.Jobs, group, name))               // call: listServerlessRestoreJobs GET
	c.do(http.MethodDelete, paths.Instance(group, name, ""))                 // call: deleteServerlessInstance DELETE
	c.do(http.MethodGet, paths.Instance(group, name, "/backup/snapshots"))   // call: listServerlessBackupSnapshots GET
	c.do(http.MethodGet, other.Instance(group, name, "/backup/snapshots"))
}
