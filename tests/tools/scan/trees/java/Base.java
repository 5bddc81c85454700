package backups;

@FeignClient(name = "atlas", url = "https://cloud.mongodb.com", path = "/api/atlas/v2/groups/{g}/serverless/{n}")
interface Prefixed {
    @GetMapping("/backup/snapshots") // call: listServerlessBackupSnapshots GET
    Page list();

    @RequestMapping(value = "/backup/restoreJobs", method = RequestMethod.POST) // call: createServerlessRestoreJob POST
    Job restore();
}
