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

    /// Ansible's global functions. A rendering that defines a variable of such a name has its own.
    static let globals = [
        "lookup": lookup("lookup"), "query": lookup("query"), "q": lookup("q"), "now": function("now", chance),
    ]

    private static func lookup(_ name: String) -> TemplateFunction {
        { (arguments, _) throws(EvaluationError) in
            let plugin = arguments.count > 0 ? arguments[0].string ?? "" : ""
            throw EvaluationError(
                .notImplementedError, "\(name)(\(pythonQuoted(plugin))) is not available: \(substitute(for: plugin))")
        }
    }

    /// What to write instead of a lookup.
    private static func substitute(for plugin: String) -> String {
        switch plugin.split(separator: ".").last.map(String.init) ?? "" {
        case "template": "use {% set text %}{% include 'FILE' %}{% endset %}"
        case "vars", "varnames": "write the variable, or keep such values in a dict and take its item"
        case "dict": "use dict2items"
        case "sequence": "use range()"
        case "items", "flattened", "list": "use flatten"
        case "together": "use zip"
        case "nested", "cartesian": "use product"
        case "subelements": "use the filter subelements"
        case "indexed_items": "use loop.index0"
        case "index_of": "use the filter index_of"
        case "to_paths", "get_path": "use the filter of that name"
        case "password", "random_string", "random_choice", "random_pet", "random_words": chance
        default: files
        }
    }

    static let filters = table(reasons)
    static let tests = table(testReasons)
}
