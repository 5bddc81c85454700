import axios, { AxiosInstance } from "axios";

const BASE_URL = process.env.ATLAS_URL ?? "https://cloud.mongodb.com/api/atlas/v2";

export const PATHS = {
  snapshots: (g: string, n: string) => `/groups/${g}/serverless/${n}/backup/snapshots`,
  restores: "/groups/{groupId}/serverless/{clusterName}/backup/restoreJobs",
  flex: "/groups/{groupId}/flexClusters/{name}/backup/snapshots",
};

export class Atlas {
  private client: AxiosInstance = axios.create({ baseURL: BASE_URL });

  async snapshots(g: string, n: string) {
    const { data } = await this.client.get(PATHS.snapshots(g, n)); // call: listServerlessBackupSnapshots GET
    return data.results;
  }

  restore(g: string, n: string, body: object) {
    return this.client.post(PATHS.restores.replace("{groupId}", g).replace("{clusterName}", n), body); // call: createServerlessRestoreJob POST
  }

  remove(g: string, n: string) {
    return axios({
      method: "DELETE",
      // call-2: deleteServerlessInstance DELETE
      url: BASE_URL + "/groups/" + g + "/serverless/" + n,
    });
  }

  config(g: string, n: string) {
    const options = { method: "patch", url: `/groups/${g}/serverless/${n}` }; // call: updateServerlessInstance PATCH
    return this.client.request(options);
  }

  async page<T>(path: string, page = 1): Promise<T> {
    return (await this.client.get<T>(`/groups/${this.group}/${path}`, { params: { page } })).data;
  }

  async jobs(n: string) {
    return this.page<Job[]>(`serverless/${n}/backup/restoreJobs`); // call: listServerlessRestoreJobs GET
  }
}
