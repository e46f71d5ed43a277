import JinjaTemplates

/// Ansible's filters and tests, with and without the names of their collections.
enum AnsiblePack {
    private static let utils: Set = [
        "keep_keys", "remove_keys", "replace_keys", "to_paths", "get_path", "index_of", "consolidate",
        "param_list_compare",
        "fact_diff", "from_xml", "to_xml", "validate",
    ]
    private static let netcommon: Set = [
        "vlan_parser", "vlan_expander", "hash_salt", "comp_type5", "type5_pw", "parse_cli", "parse_cli_textfsm",
        "parse_xml",
        "pop_ace",
    ]
    private static let builtin: Set = ["fileglob", "realpath", "expandvars", "unvault", "vault"]
    private static let community: Set = [
        "json_query", "jc", "random_mac", "hashids_encode", "hashids_decode", "from_csv", "from_ini", "to_ini",
        "json_diff",
        "json_patch", "json_patch_recipe", "to_prettytable", "reveal_ansible_type", "accumulate", "a_module",
        "ansible_type",
        "fqdn_valid",
    ]

    static let pack: TemplatePack = {
        var pack = TemplatePack(name: "ansible")
        // Jinja2's own are `ansible.builtin.` ones too.
        for (name, function) in RenderState.standardFilters { pack.filters["ansible.builtin." + name] = function }
        for (name, function) in RenderState.standardTests { pack.tests["ansible.builtin." + name] = function }
        func add(_ table: [String: TemplateFunction], _ collection: String?, to names: inout [String: TemplateFunction])
        {
            for (name, function) in table {
                let own =
                    utils.contains(name)
                    ? "ansible.utils"
                    : netcommon.contains(name)
                        ? "ansible.netcommon"
                        : community.contains(name) ? "community.general" : "ansible.builtin"
                names[name] = function
                names["\(collection ?? own).\(name)"] = function
            }
        }
        for table in [CommunityFilters.filters, TimeUnitFilters.filters] {
            add(table, "community.general", to: &pack.filters)
        }
        for (name, function) in CommunityKeyFilters.filters { pack.filters["community.general." + name] = function }
        pack.filters.merge(YAMLFilters.community) { _, new in new }
        add(AddressFilters.filters, "ansible.utils", to: &pack.filters)
        for table in [
            PatternFilters.filters, StructureFilters.filters, ScalarFilters.filters, PathFilters.filters,
            NumberFilters.filters,
            PasswordFilters.filters, JSONFilters.filters, YAMLFilters.filters, ClockFilters.filters,
            ChanceFilters.filters,
            UnavailableFilters.filters,
        ] { add(table, nil, to: &pack.filters) }
        add(AnsibleTests.network, "ansible.utils", to: &pack.tests)
        add(AnsibleTests.core, "ansible.builtin", to: &pack.tests)
        add(UnavailableFilters.tests, nil, to: &pack.tests)
        return pack
    }()
}
