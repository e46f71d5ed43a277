internal import DeviceConfiguration
internal import DeviceInventory
internal import JinjaTemplates
internal import SourceDocuments

extension TemplateValue {
    /// An inventory value as templates see it. Numbers beyond 64 bits stay exact.
    init(_ value: PlainValue) {
        switch value {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .int(let value): self = Int(exactly: value).map { .int($0) } ?? TemplateValue(integer: "\(value)") ?? .none
        case .double(let value): self = .double(value)
        case .string(let text): self.init(text)
        case .list(let items): self.init(list: items.map { TemplateValue($0) })
        case .map(let map): self.init(map: map.entries.map { (key: $0.key, value: TemplateValue($0.value)) })
        }
    }
}

extension Device {
    /// What a template sees: `device` (name, platform, groups, tags and fields), its name and groups also as Ansible names
    /// them, and each variable by its name.
    func templateContext(_ variables: [(key: String, value: TemplateValue)]) -> TemplateValue {
        var about: [(key: String, value: TemplateValue)] = [
            (key: "name", value: TemplateValue(name)), (key: "platform", value: TemplateValue(platform)),
            (key: "groups", value: TemplateValue(list: groups.map { TemplateValue($0) })),
            (key: "tags", value: TemplateValue(list: tags.map { TemplateValue($0) })),
        ]
        about += fields.sorted { $0.key < $1.key }.map { (key: $0.key, value: TemplateValue($0.value)) }
        var all: [(key: String, value: TemplateValue)] = [
            (key: "device", value: TemplateValue(map: about)), (key: "inventory_hostname", value: TemplateValue(name)),
            (key: "group_names", value: TemplateValue(list: groups.map { TemplateValue($0) })),
        ]
        all += variables
        return TemplateValue(map: all)
    }
}

/// The global `secret("env:NAME")`: a template never sees the value, only what stands for it.
enum SecretFunction {
    static let pack = TemplatePack(
        name: "asbuilt",
        globals: [
            "secret": { (arguments, state) throws(EvaluationError) in
                let bound = try arguments.bind("secret", ["reference"], required: 1)
                guard let text = bound[0]?.string else {
                    throw EvaluationError(
                        .typeError, "secret() takes a credential reference as text, such as secret(\"env:NAME\")")
                }
                guard let reference = CredentialReference(text) else {
                    throw EvaluationError(
                        .valueError,
                        "secret() got a text that is no credential reference: write env:NAME, file:PATH or command:PROGRAM")
                }
                guard let placeholder = SecretPlaceholder(reference: reference.text) else {
                    throw EvaluationError(
                        .valueError, "the reference \(reference.text) holds white space or one of ( ) < > & @ and quotes")
                }
                return TemplateValue(placeholder.description)
            }
        ])
}
