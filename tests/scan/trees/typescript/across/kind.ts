import { BASE, KIND } from "./paths";

export const one = (g: string, n: string) => axios.get(`${BASE}/groups/${g}/${KIND}/${n}/backup/snapshots`); // call: listServerlessBackupSnapshots GET
