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

    /// Names that take so many arguments by position and none by name.
    private static let filterArity: [String: Int] = [
        "sha1": 1, "md5": 1, "checksum": 1, "b64encode": 2, "b64decode": 2, "quote": 1, "splitext": 1, "path_join": 1,
        "bool": 1,
        "from_json": 1, "from_yaml": 1, "from_yaml_all": 1, "ipwrap": 2, "union": 2, "intersect": 2, "difference": 2,
        "symmetric_difference": 2,
    ]
    private static let testArity: [String: Int] = [
        "any": 1, "all": 1, "nan": 1, "isnan": 1, "abs": 1, "is_abs": 1, "vault_encrypted": 1, "subnet_of": 2,
        "supernet_of": 2,
        "in_network": 2, "in_any_network": 2, "in_one_network": 2, "failed": 1, "failure": 1, "succeeded": 1,
        "success": 1,
        "successful": 1, "changed": 1, "change": 1, "skipped": 1, "skip": 1, "unreachable": 1, "reachable": 1,
        "timedout": 1,
        "finished": 1, "started": 1, "ip": 1, "ip_address": 1, "ipv4": 1, "ipv6": 1, "ipv4_address": 1,
        "ipv6_address": 1,
        "ipv4_netmask": 1, "ipv4_hostmask": 1, "ipv6_ipv4_mapped": 1, "ipv6_sixtofour": 1, "ipv6_teredo": 1,
        "multicast": 1,
        "loopback": 1, "private": 1, "public": 1, "reserved": 1, "unspecified": 1, "mac": 1,
    ]

    private static func limited(_ name: String, _ most: Int, _ function: @escaping TemplateFunction) -> TemplateFunction
    {
        { (arguments, state) throws(EvaluationError) in
            guard arguments.count <= most else {
                throw EvaluationError(
                    .typeError, "\(name)() takes \(most) positional arguments but \(arguments.count) were given")
            }
            if let keyword = arguments.keywordNames.first, keyword != "encoding" {
                throw EvaluationError(.typeError, "\(name)() got an unexpected keyword argument '\(keyword)'")
            }
            return try function(arguments, state)
        }
    }

    static let pack: TemplatePack = {
        var pack = TemplatePack(name: "ansible")
        // Jinja2's own are `ansible.builtin.` ones too.
        for (name, function) in RenderState.standardFilters { pack.filters["ansible.builtin." + name] = function }
        for (name, function) in RenderState.standardTests { pack.tests["ansible.builtin." + name] = function }
        func add(
            _ table: [String: TemplateFunction], _ collection: String?, _ arity: [String: Int] = filterArity,
            to names: inout [String: TemplateFunction]
        ) {
            for (name, plain) in table {
                let function = arity[name].map { limited(name, $0, plain) } ?? plain
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
        add(AnsibleTests.network, "ansible.utils", testArity, to: &pack.tests)
        add(AnsibleTests.core, "ansible.builtin", testArity, to: &pack.tests)
        add(UnavailableFilters.tests, nil, [:], to: &pack.tests)
        pack.globals = UnavailableFilters.globals
        return pack
    }()
}
