import useSWR from "swr";

const BASE = "/api/atlas/v2";

export function Backups({ group, name }: Props) {
  const { data } = useSWR(`${BASE}/groups/${group}/serverless/${name}/backup/snapshots`, fetcher); // call: listServerlessBackupSnapshots ?
  const restore = async () => {
    await fetch(`${BASE}/groups/${group}/serverless/${name}/backup/restoreJobs`, { method: "POST" }); // call: createServerlessRestoreJob POST
  };
  return (
    <div title="/groups/a/serverless">
      <a href="https://cloud.mongodb.com/v2/a#/serverless/b">open</a>
      <button onClick={() => axios.delete(BASE + `/groups/${group}/serverless/${name}`)}>drop</button> {/* call: deleteServerlessInstance DELETE */}
      {data?.results.length}
    </div>
  );
}
