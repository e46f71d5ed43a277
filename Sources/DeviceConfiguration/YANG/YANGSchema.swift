package import Diagnostics
internal import YANGData

/// The YANG modules that describe one platform's configuration, compiled once per process.
package struct YANGSchema: Sendable {
    package let platform: String
    let context: YANGContext

    /// Platforms whose modules are known without a folder, sorted.
    package static let knownPlatforms = ["lab_router", "netconfd"]

    /// The modules in `folder`, if there are any; else those known for the platform; nil when there are none. Throws when
    /// there are some and they cannot be loaded.
    ///
    /// Every `.yang` file that lies directly in the folder is taken as implemented, with all features; those in folders
    /// inside serve imports, as do the modules that libyang and libyuma-base install.
    package static func named(_ platform: String, folder: String? = nil) throws(Findings) -> YANGSchema? {
        if let folder, let modules = YANGModuleFolder(folder), !modules.files.isEmpty {
            return YANGSchema(platform: platform, context: try modules.context(platform))
        }
        let loaded: Result<YANGContext, any Error>
        switch platform {
        case "lab_router": loaded = labRouter
        case "netconfd": loaded = netconfd
        default: return nil
        }
        do {
            return YANGSchema(platform: platform, context: try loaded.get())
        } catch {
            throw Findings([
                Finding(
                    code: "yang.modules-missing", what: "the YANG modules of \(platform) cannot be loaded: \(error)",
                    remedy: "install them: apt-get install libyuma-base libyang2 (or libyang3)")
            ])
        }
    }

    private static let labRouter = Result { try LabRouterModule.context() }

    /// The modules that Debian's netconfd serves, in the revisions it serves.
    private static let netconfd = Result {
        try YANGContext(
            searchDirectories: ["/usr/share/yuma/modules", "/usr/share/yang/modules/libyang"],
            modules: [
                YANGContext.Module("ietf-interfaces", revision: "2014-05-08"),
                YANGContext.Module("iana-if-type", revision: "2014-05-08"),
                YANGContext.Module("ietf-ip", revision: "2014-06-16"),
                YANGContext.Module("ietf-system", revision: "2014-08-06"),
                YANGContext.Module("ietf-netconf-acm", revision: "2018-02-14"),
            ])
    }
}
