import JinjaTemplates

/// The filters of the Python library `netutils`, which Nautobot and Nornir users have in their templates.
enum NetutilsPack {
    static let pack: TemplatePack = {
        var pack = TemplatePack(name: "netutils")
        for table in [
            NetutilsAddresses.filters, NetutilsInterfaces.filters, NetutilsValues.filters, NetutilsTexts.filters,
        ] { pack.filters.merge(table) { _, new in new } }
        let parsing = "comparing configurations is what `asbuilt diff`, `remediate` and `compliance` do"
        let network = "a rendering does not use the network. Put the value in a variable"
        let tables = "the tables it needs are not part of this program. Put the value in a variable"
        for (names, reason) in [
            (
                [
                    "clean_config", "sanitize_config", "config_compliance", "config_section_not_parsed",
                    "diff_network_config",
                    "feature_compliance", "find_unordered_cfg_lines", "section_config", "paloalto_panos_clean_newlines",
                    "paloalto_panos_brace_to_set",
                ], parsing
            ), (["fqdn_to_ip", "is_fqdn_resolvable", "tcp_ping"], network),
            (
                [
                    "get_oui", "get_napalm_getters", "get_upgrade_path", "version_metadata", "get_nist_urls",
                    "get_nist_vendor_platform_urls", "get_running_config_command",
                ], tables
            ),
            (
                [
                    "compare_cisco_type9", "encrypt_cisco_type9", "encrypt_juniper_type9", "decrypt_juniper_type9",
                ], "make the hash elsewhere and keep it in a secret"
            ),
        ] {
            for name in names { pack.filters[name] = UnavailableFilters.function(name, reason) }
        }
        return pack
    }()

    static func value(_ message: String) -> EvaluationError { EvaluationError(.valueError, message) }

    /// A text argument; what is none fails as it would in Python.
    static func text(_ value: TemplateValue?, _ state: RenderState) throws(EvaluationError) -> String {
        guard let text = value?.string else {
            if case .undefined(let info)? = value { throw state.undefinedError(info) }
            throw EvaluationError(
                .typeError, "expected string or bytes-like object, got '\(value?.typeName ?? "NoneType")'")
        }
        return text
    }

    static func integer(_ value: TemplateValue?, _ fallback: Int) throws(EvaluationError) -> Int {
        switch value {
        case nil: return fallback
        case .int(let number)?: return number
        case .bool(let flag)?: return flag ? 1 : 0
        case let other?:
            throw EvaluationError(.typeError, "'\(other.typeName)' object cannot be interpreted as an integer")
        }
    }

    /// A filter of one text.
    static func of(
        _ name: String, _ body: @escaping @Sendable (String) throws(EvaluationError) -> TemplateValue
    ) -> TemplateFunction {
        { (arguments, state) throws(EvaluationError) in
            let bound = try arguments.bind(name, ["value"], required: 1)
            return try body(try text(bound[0], state))
        }
    }
}
