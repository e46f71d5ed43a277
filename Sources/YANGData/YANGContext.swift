import CLibYANG
import Glibc

package struct YANGIssue: Error, Sendable, CustomStringConvertible {
    package var code: UInt32
    package var message: String
    package var path: String?
    package var appTag: String?
    package var isWarning: Bool

    package var description: String {
        "\(isWarning ? "warning" : "error"): \(message)" + (path.map { " at \($0)" } ?? "")
            + (appTag.map { " [\($0)]" } ?? "")
    }
}

package struct YANGFailure: Error, Sendable, CustomStringConvertible {
    package var what: String
    package var code: UInt32
    package var issues: [YANGIssue]
    package var description: String {
        "\(what): code \(code); " + issues.filter { !$0.isWarning }.map(\.description).joined(separator: "; ")
    }
}

/// A compiled schema. It is frozen by its initialiser: afterwards only functions that take a const ly_ctx are called,
/// which libyang documents as safe from several threads (its string dictionary has a mutex of its own).
package final class YANGContext: @unchecked Sendable {
    let raw: OpaquePointer

    package struct Options: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let allImplemented = Options(rawValue: UInt32(LY_CTX_ALL_IMPLEMENTED))
        package static let referencedImplemented = Options(rawValue: UInt32(LY_CTX_REF_IMPLEMENTED))
        package static let noYangLibrary = Options(rawValue: UInt32(LY_CTX_NO_YANGLIBRARY))
        package static let noCurrentDirectory = Options(rawValue: UInt32(LY_CTX_DISABLE_SEARCHDIR_CWD))
    }

    package struct Module: Sendable {
        package var name: String
        package var revision: String?
        package var features: [String]
        package init(_ name: String, revision: String? = nil, features: [String] = ["*"]) {
            self.name = name
            self.revision = revision
            self.features = features
        }
    }

    /// Process-wide; libyang prints to stderr unless told otherwise.
    private static let quiet: Void = { _ = ly_log_options(UInt32(LY_LOSTORE)) }()

    /// libyang attaches the `operation` annotation to whatever module is called ietf-netconf, so an empty one
    /// is enough for edit-config payloads; the full RFC 6241 module is needed only to parse whole <rpc> elements.
    static let netconfStub = """
        module ietf-netconf {
          namespace "urn:ietf:params:xml:ns:netconf:base:1.0";
          prefix nc;
          revision 2011-06-01;
        }
        """

    package init(
        searchDirectories: [String], modules: [Module], sources: [String] = [],
        options: Options = [.noYangLibrary, .noCurrentDirectory, .referencedImplemented], netconfStub: Bool = true
    ) throws {
        Self.quiet
        var context: OpaquePointer?
        let status = nx_ctx_new(nil, options.rawValue, &context)
        guard status == LY_SUCCESS, let context else {
            throw YANGFailure(what: "create context", code: status.rawValue, issues: [])
        }
        raw = context
        // Instead of ly_ctx_set_searchdir: the sources pass through ModuleSource, which repairs some on the way.
        let source = ModuleSource(directories: searchDirectories)
        source.install(in: context)
        defer {
            ly_ctx_set_module_imp_clb(context, nil, nil)
            withExtendedLifetime(source) {}
        }
        for source in (netconfStub ? [Self.netconfStub] : []) + sources {
            try check("parse module") { lys_parse_mem(context, source, LYS_IN_YANG, nil) }
        }
        for module in modules {
            // features: NULL means none enabled, "*" all of them.
            var features: [UnsafePointer<CChar>?] = module.features.map { UnsafePointer(strdup($0)) } + [nil]
            defer { for feature in features { free(UnsafeMutableRawPointer(mutating: feature)) } }
            if ly_ctx_load_module(context, module.name, module.revision, &features) == nil {
                throw failure("load module \(module.name)", LY_EOTHER)
            }
        }
    }

    deinit { ly_ctx_destroy(raw) }

    /// Runs a libyang call and turns a failure into an error. The error list is per thread and per context, so this must
    /// not be split by a suspension point; it is synchronous, so it cannot be.
    func check(_ what: @autoclosure () -> String, _ body: () -> LY_ERR) throws {
        let status = body()
        guard status == LY_SUCCESS else { throw failure(what(), status) }
    }

    func failure(_ what: String, _ status: LY_ERR) -> YANGFailure {
        YANGFailure(what: what, code: status.rawValue, issues: takeIssues())
    }

    @discardableResult
    package func takeIssues() -> [YANGIssue] {
        var issues: [YANGIssue] = []
        var item = nx_err_first(raw)
        while let entry = item {
            issues.append(
                YANGIssue(
                    code: nx_err_code(entry).rawValue,
                    message: entry.pointee.msg.map { String(cString: $0) } ?? "",
                    path: nx_err_path(entry).map { String(cString: $0) },
                    appTag: entry.pointee.apptag.map { String(cString: $0) },
                    isWarning: entry.pointee.level == LY_LLWRN))
            item = UnsafePointer(entry.pointee.next)
        }
        ly_err_clean(raw, nil)
        return issues
    }

    /// Whether a loaded module can hold data of this namespace.
    package func implements(namespace: String) -> Bool {
        ly_ctx_get_module_implemented_ns(raw, namespace) != nil
    }

    /// Whether a node of this name is a list or a presence container anywhere in the module of this namespace: something
    /// that exists or does not, and can be owned as a whole.
    package func isSection(namespace: String, name: String) -> Bool {
        guard let module = ly_ctx_get_module_implemented_ns(raw, namespace), let compiled = module.pointee.compiled
        else {
            return false
        }
        func search(_ first: UnsafePointer<lysc_node>?) -> Bool {
            var cursor = first
            while let node = cursor {
                cursor = node.pointee.next.map { UnsafePointer($0) }
                let kind = Int32(node.pointee.nodetype)
                if strcmp(node.pointee.name, name) == 0,
                    kind == LYS_LIST || (kind == LYS_CONTAINER && node.pointee.flags & UInt16(LYS_PRESENCE) != 0)
                {
                    return true
                }
                if search(lysc_node_child(node)) { return true }
            }
            return false
        }
        return search(compiled.pointee.data.map { UnsafePointer($0) })
    }

    package var moduleNames: [String] {
        var index: UInt32 = 0
        var names: [String] = []
        while let module = ly_ctx_get_module_iter(raw, &index) {
            names.append(String(cString: module.pointee.name) + (module.pointee.implemented != 0 ? "" : " (import)"))
        }
        return names
    }
}
