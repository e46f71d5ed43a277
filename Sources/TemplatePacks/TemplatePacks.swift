public import JinjaTemplates

/// The packs by name.
///
/// Some packs give the same name another meaning (`ipaddr` of `netlab`, `ipv4` of `sonic`), as the tools they come from do:
/// choose the packs a template was written for, the one that matters most last.
public enum TemplatePacks {
    /// Every pack.
    public static let all: [TemplatePack] = [
        AnsiblePack.pack, AVDPack.pack, NetlabPack.pack, SONiCPack.pack, NetutilsPack.pack,
    ]

    /// What a contract's templates get when it names no packs: Ansible's names, and AVD's, which clash with none.
    public static let standard: [TemplatePack] = [AnsiblePack.pack, AVDPack.pack]

    /// The pack of a name: `ansible`, `arista.avd`, `netlab`, `sonic` or `netutils`.
    public static func named(_ name: String) -> TemplatePack? { all.first { $0.name == name } }
}
