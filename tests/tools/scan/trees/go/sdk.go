package backups

import (
	"context"

	"go.mongodb.org/atlas-sdk/v20231115014/admin"
	legacy "go.mongodb.org/atlas/mongodbatlas"
)

// ListServerlessBackups is what this used to call; a comment calls nothing.
type Lister interface {
	ListServerlessBackups(ctx context.Context, group, name string) ([]string, error)
}

type Service struct {
	sdk *admin.APIClient
	old *legacy.Client
}

func (s *Service) All(ctx context.Context, group, name string) error {
	r := s.sdk.CloudBackupsApi.ListServerlessBackups(ctx, group, name) // call: listServerlessBackupSnapshots GET
	_, _, err := r.Execute()
	return err
}

func (s *Service) One(ctx context.Context, p *admin.GetServerlessBackupApiParams) {
	s.sdk.CloudBackupsApi.GetServerlessBackupWithParams(ctx, p).Execute() // call: getServerlessBackupSnapshot GET
}

func (s *Service) Restore(ctx context.Context, group, name string) {
	job, _, err := s.sdk.CloudBackupsApi.
		CreateServerlessBackupRestoreJob(ctx, group, name, body). // call: createServerlessRestoreJob POST
		Execute()
	use(job, err)
}

func (s *Service) Old(ctx context.Context, path *legacy.SnapshotReqPathParameters) {
	s.old.CloudProviderSnapshots.GetAllServerlessSnapshots(ctx, path, nil)                      // call: listServerlessBackupSnapshots GET
	s.old.CloudProviderSnapshotRestoreJobs.CreateForServerlessBackupRestore(ctx, "a", "b", nil) // call: createServerlessRestoreJob POST
	s.old.ServerlessInstances.List(ctx, "a", nil)                                               // call: listServerlessInstances GET
	s.old.ServerlessInstances.Delete(ctx, "a", "b")                                             // call: deleteServerlessInstance DELETE
	s.old.Clusters.List(ctx, "a", nil)
}

func (s *Service) ListServerlessInstances(ctx context.Context, group string) error {
	_, _, err := s.sdk.ServerlessInstancesApi.ListServerlessInstances(ctx, group).Execute() // call: listServerlessInstances GET
	return err
}

func (s *Service) Twice(ctx context.Context) {
	s.ListServerlessInstances(ctx, "a")
	retry(s.sdk.SharedTierSnapshotsApi.ListSharedClusterBackups) // call: listSharedClusterBackups GET
	s.sdk.FlexSnapshotsApi.ListFlexBackups(ctx, "a", "b").Execute()
}
