export const HELP = `tidegate: the command line of the Tidegate gateway controller

  tidegate apply -f FILE|FOLDER|- [--dry-run] [--wait programmed|synced]   RestApi and Secret documents
  tidegate diff -f FILE|FOLDER|-            what apply would change; ends with 1 when something would
  tidegate get [apis [NAME] | gateways | plans | subscriptions | certificates | secrets | session]
  tidegate delete NAME… | -f FILE [--dry-run]
  tidegate dump [-d FOLDER]                 every document, as apply takes it
  tidegate keys list API | create API [NAME] [--expires 30d] | regenerate API KEY | revoke API KEY
  tidegate sync [status | now API [--adopt]]
  tidegate explain METHOD URL [-H 'Name: value']… [--gateway NAME]   what routers would do with a request, and why
  tidegate wait API [--for programmed|synced|deleted] [--timeout 60s]
  tidegate verify [--look] [--timeout 30s]  document, controller, routers and APIM compared by hash; ends with 1 when something differs
  tidegate doctor [--app gateway-controller|router|apim-sync] [--config FILE]…   looks at all they need, says how to mend it
  tidegate config --effective [--app gateway-controller|router|apim-sync] [--config FILE]…   every setting, and where it comes from
  tidegate context [list | set NAME --server URL (--username USER --password-stdin | --token-stdin) | use NAME | delete NAME]

  -o json|yaml|wide     another form of the output
  --server URL          default http://localhost:9090, or TIDEGATE_SERVER
  --context NAME        or TIDEGATE_CONTEXT; credentials also from TIDEGATE_TOKEN, or TIDEGATE_USERNAME and TIDEGATE_PASSWORD
  --cacert FILE         PEM of the authority of the server's certificate, or TIDEGATE_CACERT; a context keeps it

Ends with 0 done, 1 different, 2 used wrongly, 3 refused, 4 not found, 5 denied, 6 no answer, 7 not in time.
`;
