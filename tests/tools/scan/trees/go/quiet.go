package backups

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/h2non/gock"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
)

// GET https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b/backup/snapshots
/* curl https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b */

type Model struct {
	// Example: https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b
	Href string `json:"href" example:"https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b"`
}

func serve(mux *http.ServeMux, r chi.Router) {
	mux.HandleFunc("/api/atlas/v2/groups/{groupId}/serverless/{name}", handler)
	r.Get("/groups/{groupId}/serverless/{name}/backup/snapshots", handler)
	r.Post("/api/atlas/v2/groups/{groupId}/serverless/{name}/backup/restoreJobs", handler)
}

func TestURL(t *testing.T) {
	assert.Equal(t, "/groups/a/serverless/b/backup/snapshots", build("a", "b"))
	if build("a", "b") != "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b" {
		t.Errorf("/groups/a/serverless/b")
	}
	httpmock.RegisterResponder("GET", "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b", nil)
	mock.EXPECT().ListServerlessBackups(gomock.Any(), "a", "b").Return(nil, nil)
	switch r.URL.Path {
	case "/api/atlas/v2/groups/a/serverless/b":
	}
}

func other(group string) {
	http.Get("https://api.vercel.com/v2/groups/" + group + "/serverless/functions")
	http.Get("https://serverless.example.com/groups/a/serverless/b/backup/snapshots")
	http.Get(fmt.Sprintf("https://cloud.mongodb.com/api/atlas/v2/groups/%s/flexClusters/x/backup/snapshots", group))
	http.Get("https://cloud.mongodb.com/api/atlas/v2/groups/a/clusters/serverless/backup/snapshots")
	fmt.Println("/groups/a/serverless/b/backup/snapshots")
	fmt.Printf("see https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b\n")
	os.Remove("serverless/backup/snapshots")
	cloudfront.ListServerlessFunctions()
}

func TestTable(t *testing.T) {
	tests := []struct{ name, group, want string }{
		{name: "a", group: "g", want: "/groups/g/serverless/a/backup/snapshots"},
		{name: "b", group: "g", want: "https://cloud.mongodb.com/api/atlas/v2/groups/g/serverless/b"},
	}
	expected := "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b"
	rec := httptest.NewRequest("GET", "/api/atlas/v2/groups/a/serverless/b", nil)
	gock.New("https://cloud.mongodb.com").Get("/api/atlas/v2/groups/a/serverless/b").Reply(200)
	use(tests, expected, rec)
}
