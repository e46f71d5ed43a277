import JinjaTemplates

/// Names that Ansible has and a rendering here cannot have, each with what to do instead.
enum UnavailableFilters {
    private static let files =
        "a rendering reads nothing but its templates and variables. Say in a variable what the template asks for"
    private static let parsing = "a rendering parses no device output. Put the data in vars/ as YAML"
    private static let chance =
        "the same change must render the same text whenever it is rendered. Put the value in a variable"

    private static let reasons: [String: String] = [
        "fileglob": files, "realpath": files, "expandvars": files,
        "unvault": "there is no vault here: write secret(\"…\") where the value is to stand",
        "vault": "there is no vault here: write secret(\"…\") where the value is to stand",
        "json_query": "JMESPath is not supported. Use selectattr, map(attribute='…') or a loop with if",
        "jc": parsing, "parse_cli": parsing, "parse_cli_textfsm": parsing, "parse_xml": parsing, "from_xml": parsing,
        "to_xml": "write the XML in the template; a clause with `netconf:` checks it", "pop_ace": parsing,
        "validate": "checks of data belong before the rendering: in the inventory's schema or in a test with `fail`",
        "fact_diff": "`asbuilt diff` and the plan show differences", "random_mac": chance, "hashids_encode": chance,
        "hashids_decode": chance,
        "from_csv": "put the data in vars/ as YAML", "from_ini": "put the data in vars/ as YAML",
        "to_ini": "write the lines in a loop",
        "json_diff": "`asbuilt diff` and the plan show differences", "json_patch": "use combine(recursive=true)",
        "json_patch_recipe": "use combine(recursive=true)", "to_prettytable": "write the lines in a loop",
        "reveal_ansible_type": "use type_debug", "accumulate": "use a namespace in a loop",
    ]
    private static let testReasons: [String: String] = [
        "directory": files, "is_dir": files, "file": files, "is_file": files, "link": files, "is_link": files,
        "exists": files,
        "link_exists": files, "mount": files, "is_mount": files, "same_file": files, "is_same_file": files,
        "vaulted_file": files,
        "validate": "checks of data belong before the rendering", "a_module": "there are no modules here",
        "ansible_type": "use type_debug",
        "fqdn_valid": "use `is match` with the pattern you need",
    ]

    static func function(_ name: String, _ reason: String) -> TemplateFunction {
        { (_, _) throws(EvaluationError) in
            throw EvaluationError(.notImplementedError, "\(name) is not available: \(reason)")
        }
    }

    private static func table(_ reasons: [String: String]) -> [String: TemplateFunction] {
        var table: [String: TemplateFunction] = [:]
        for (name, reason) in reasons { table[name] = function(name, reason) }
        return table
    }

    static let filters = table(reasons)
    static let tests = table(testReasons)
}
