package admin
func (a *SharedTierSnapshotsApiService) GetSharedClusterBackupExecute(r R) {
	localVarPath := localBasePath + "/api/atlas/v2/groups/{groupId}/clusters/{clusterName}/backup/tenant/snapshots/{snapshotId}" // call: getSharedClusterBackup ?
	localVarPath = strings.Replace(localVarPath, "{"+"groupId"+"}", url.PathEscape(r.groupId), -1)
	req, err := a.client.prepareRequest(r.ctx, localVarPath, localVarHTTPMethod, nil)
}
func (s *Store) ServerlessCreateRestoreJobs(projectID, clusterName string, request *R) (*R, error) {
	result, _, err := s.clientv2.CloudBackupsApi.CreateServerlessBackupRestoreJob(s.ctx, projectID, clusterName, request).Execute() // call: createServerlessRestoreJob POST
	return result, err
}
func Create() {
	if *currentModel.InstanceType == serverlessInstanceType {
		serverless, resp, err := client.Atlas20231115014.CloudBackupsApi.CreateServerlessBackupRestoreJob(context.Background(), *currentModel.ProjectId, *currentModel.InstanceName, params).Execute() // call: createServerlessRestoreJob POST
	}
	config := `resource "mongodbatlas_serverless_instance" "test" { project_id = "x" }`
}
