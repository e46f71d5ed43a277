public import JinjaTemplates

/// The packs by name.
public enum TemplatePacks {
    /// Every pack, in an order in which later ones do not hide what earlier ones mean.
    public static let all: [TemplatePack] = [AnsiblePack.pack]

    /// The pack of a name: `ansible`, `arista.avd`, `netlab` or `sonic`.
    public static func named(_ name: String) -> TemplatePack? { all.first { $0.name == name } }
}
