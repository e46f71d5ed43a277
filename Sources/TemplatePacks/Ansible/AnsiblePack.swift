import JinjaTemplates

/// Ansible's filters and tests, with and without the names of their collections.
enum AnsiblePack {
    static let pack: TemplatePack = {
        var pack = TemplatePack(name: "ansible")
        func add(_ filters: [String: TemplateFunction], _ collection: String) {
            for (name, function) in filters {
                pack.filters[name] = function
                pack.filters[collection + "." + name] = function
            }
        }
        func addTests(_ tests: [String: TemplateFunction], _ collection: String) {
            for (name, function) in tests {
                pack.tests[name] = function
                pack.tests[collection + "." + name] = function
            }
        }
        let utils: Set = ["keep_keys", "remove_keys", "replace_keys", "to_paths", "get_path", "index_of", "consolidate", "param_list_compare"]
        let netcommon: Set = ["vlan_parser", "vlan_expander", "hash_salt", "comp_type5"]
        add(AddressFilters.filters, "ansible.utils")
        for table in [
            PatternFilters.filters, StructureFilters.filters, ScalarFilters.filters, NumberFilters.filters, JSONFilters.filters,
            YAMLFilters.filters, ClockFilters.filters, ChanceFilters.filters,
        ] {
            for (name, function) in table {
                let collection = utils.contains(name) ? "ansible.utils" : netcommon.contains(name) ? "ansible.netcommon" : "ansible.builtin"
                add([name: function], collection)
            }
        }
        addTests(AnsibleTests.network, "ansible.utils")
        addTests(AnsibleTests.core, "ansible.builtin")
        return pack
    }()
}
