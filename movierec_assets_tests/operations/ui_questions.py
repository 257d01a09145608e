"""What Dagster's UI shows of configuration, runs and assets, as the questions that it asks by GraphQL."""

ERROR = "className message stack causes { message stack } errorChain { error { message stack } }"
METADATA = """
metadataEntries {
  __typename label description
  ... on PathMetadataEntry { path }
  ... on JsonMetadataEntry { jsonString }
  ... on TextMetadataEntry { text }
  ... on UrlMetadataEntry { url }
  ... on MarkdownMetadataEntry { mdStr }
}
"""
RESOURCE = """
name description resourceType
configFields { name description defaultValueAsJson }
configuredValues { key value type }
"""
NESTED = f"nestedResources {{ name resource {{ {RESOURCE} %s }} }}"

LOCATION = "movierec_assets.definitions"

QUESTIONS = {
    "instance": f"""
    {{ version instance {{
      info executablePath runLauncher {{ name }}
      runQueueConfig {{ tagConcurrencyLimitsYaml }}
      daemonHealth {{ allDaemonStatuses {{ daemonType lastHeartbeatErrors {{ {ERROR} }} }} }}
    }} }}""",
    "code location": f"""
    {{ workspaceOrError {{ ... on PythonError {{ {ERROR} }} ... on Workspace {{ locationEntries {{
      name displayMetadata {{ key value }}
      locationOrLoadError {{
        ... on PythonError {{ {ERROR} }}
        ... on RepositoryLocation {{ environmentPath repositories {{
          name displayMetadata {{ key value }}
          allTopLevelResourceDetails {{ {RESOURCE} {NESTED % (NESTED % (NESTED % ""))} }}
          sensors {{ name description sensorState {{ ticks(limit: 20) {{
            skipReason cursor runKeys error {{ {ERROR} }} logEvents {{ events {{ message }} }}
          }} }} }}
        }} }}
      }}
    }} }} }} }}""",
    "runs": f"""
    {{ runsOrError {{ ... on PythonError {{ {ERROR} }} ... on Runs {{ results {{
      runId status jobName runConfigYaml tags {{ key value }}
      eventConnection {{ events {{
        __typename
        ... on MessageEvent {{ message stepKey }}
        ... on ErrorEvent {{ error {{ {ERROR} }} }}
        ... on DisplayableEvent {{ label description {METADATA} }}
        ... on LogsCapturedEvent {{ fileKey externalUrl }}
      }} }}
    }} }} }} }}""",
    "assets": f"""
    {{ assetNodes {{
      assetKey {{ path }} description opVersion requiredResources {{ resourceKey }} {METADATA}
      assetMaterializations(limit: 5) {{ runId {METADATA} }}
    }} }}""",
    "default configuration of a run": f"""
    {{ runConfigSchemaOrError(selector: {{
        pipelineName: "refresh", repositoryName: "__repository__", repositoryLocationName: "{LOCATION}"
      }}) {{
      ... on PythonError {{ {ERROR} }}
      ... on RunConfigSchema {{ rootDefaultYaml allConfigTypes {{ key description }} }}
    }} }}""",
    "variables": f"""
    {{ utilizedEnvVarsOrError(repositorySelector: {{
        repositoryName: "__repository__", repositoryLocationName: "{LOCATION}"
      }}) {{
      ... on PythonError {{ {ERROR} }}
      ... on EnvVarWithConsumersList {{ results {{ envVarName }} }}
    }} }}""",
}
