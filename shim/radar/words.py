"""The words that paths of Atlas' API are made of, in all its versions: anything else in a path may be somebody's name.

They are those of the paths in MongoDB's OpenAPI descriptions, and of the older API v1.0.
"""

from __future__ import annotations

BASES = frozenset({"api", "atlas", "public", "private", "oauth", "v1.0", "v1.5", "v2", "unauth"})
"""What a path begins with."""

_WORDS = """
    access accessList accessListEntries accountDetails activeVpcPeeringConnections activityFeed aiModelApiClouds
    aiModelApiKeys aiModelApiRateLimits alertConfigs alerts all apiKeys apiUserKeys apiKeyAccessLists auditLog autoDefer
    autoExport autoIndexing autoScalingConfiguration availableProjects availableRegions availableSchedules
    availableSnapshots availableVersions awsCustomDNS backup backupCompliancePolicy billing byName certs
    cloudProviderAccess clusters collStats collectionRestoreJobs collections completed config configuration
    connectedOrgConfigs connections containers controlPlaneIPAddresses costExplorer csv customDBRoles customZoneMapping
    customerX509 cutover dataFederation dataLakes databaseUsers databases dbAccessHistory defer delete deployment
    details disks download employeeAccess enabled encryptionAtRest encryptionAtRestPrivateEndpoints endpoint endpointIds
    endpointService endpoints eventTypes events exportBuckets exports federationSettings fieldNames flexClusters fts
    geographies globalAccessList globalWrites groups hosts identityProviders index indexes info ingestionPipelines
    instance integrations invites invoices ipAddresses ips ipInfo jwks ldap lineItems limits linkTokens link list
    liveMigrations logIntegrations logs maintenanceWindow managedNamespaces managedSlowMs matchers measurements
    metadata.xml metrics modelGroupNames mongoDBVersions mongod mongot mongos namespaces nonCompliantResources
    onlineArchives openapi orgs outageSimulation peers pending performanceAdvisor pinned pipelines private
    privateEndpoint privateEndpoints privateIpMode privateLinkConnections privateNetworkSettings processArgs processes
    processor processors projects provider purge pushBasedLogExport queryLogs.gz queryShapeInsights queryShapes
    queryStats rateLimits regionalMode regions requestedClusters reset resize resourcePolicies restart restartPrimaries
    restore restoreJobs restores resume roleMappings roles rolesInfo rollingIndex runs sampleDatasetLoad
    sandboxConfig schedule schemaAdvice search secrets serverless serviceAccounts settings shardedCluster
    shardedClusters slowQueryLogs snapshots stages start startWith status stop streams suggestedIndexes system tags
    teamUsers teams
    tenant tenantUpgrade tenantUpgradeToServerless token tokens trigger triggers upgrade usage userSecurity users
    validate verify versions vpcPeeringConnections whitelist withSamples
"""
WORDS = BASES | frozenset(_WORDS.split())

_SINGULAR = """
    accessList backup byName dataFederation encryptionAtRest endpoint endpointService federationSettings
    globalAccessList instance privateEndpoint processor sampleDatasetLoad serverless shardedCluster usage validate
    verify whitelist
"""
NAMES_BEHIND = {
    "cloudProviderAccess": 2,
    "databaseUsers": 2,
    "indexes": 3,
    **dict.fromkeys(_SINGULAR.split(), 1),
}
"""How many names may stand behind a word; behind other plurals it is one, and behind the rest none."""

_NEVER = """
    access awsCustomDNS cloudProviderAccess collStats customDBRoles employeeAccess fts globalWrites info jwks
    managedSlowMs matchers measurements metrics mongos privateNetworkSettings processArgs queryStats settings status
    tags userSecurity
"""
NEVER_COLLECTIONS = frozenset(_NEVER.split())
"""Words that end as plurals do, and have no name behind them."""

BELOW = {
    "alertConfigs": frozenset({"matchers"}),
    "backup": frozenset({"download", "exportBuckets", "exports", "restoreJobs", "schedule", "snapshots", "tenant"}),
    "clusters": frozenset({"provider", "tenantUpgrade", "tenantUpgradeToServerless"}),
    "containers": frozenset({"all"}),
    "endpointService": frozenset({"endpoint"}),
    "invoices": frozenset({"pending"}),
    "liveMigrations": frozenset({"availableProjects", "linkTokens", "validate"}),
    "onlineArchives": frozenset({"queryLogs.gz"}),
    "collStats": frozenset({"namespaces", "pinned", "measurements"}),
    "privateEndpoint": frozenset({"endpointService", "regionalMode", "serverless"}),
    "pipelines": frozenset({"availableSchedules", "availableSnapshots"}),
    "groups": frozenset({"byName"}),
    "indexes": frozenset({"measurements"}),
    "serverless": frozenset({"instance"}),
    "snapshots": frozenset({"shardedCluster", "shardedClusters"}),
    "streams": frozenset(
        {"accountDetails", "activeVpcPeeringConnections", "privateLinkConnections", "vpcPeeringConnections"}
    ),
    "teams": frozenset({"byName"}),
    "users": frozenset({"byName"}),
}
"""Fixed words that stand where otherwise a name is, by the collection before them."""

_VERBS = """
    addRole addUser authorize getStatus grantMongoDBEmployeeAccess limits migrate pause removeRole removeUser reset
    revoke revokeMongoDBEmployeeAccess search start startWith stop tenantUpgrade validate
"""
VERBS = frozenset(_VERBS.split())
"""What may stand behind a colon in a segment; a port is none."""
