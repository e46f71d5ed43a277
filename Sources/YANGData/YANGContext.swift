import CLibYANG
import Glibc
package import XMLDocuments

/// A place in a schema, choices and cases included.
package struct SchemaPath: Hashable, Sendable, CustomStringConvertible {
    struct Step: Hashable, Sendable {
        var module: String
        var name: String
    }
    let steps: [Step]
    /// `/module:name/…`, every step with its module.
    package var description: String { steps.map { "/\($0.module):\($0.name)" }.joined() }
}

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

    package init(what: String, code: UInt32, issues: [YANGIssue]) {
        (self.what, self.code, self.issues) = (what, code, issues)
    }

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

    /// What it was made from, for making one like it.
    private let recipe: Recipe
    private struct Recipe: Sendable {
        var searchDirectories: [String]
        var modules: [Module]
        var sources: [String]
        var options: Options
        var netconfStub: Bool
    }

    package convenience init(
        searchDirectories: [String], modules: [Module], sources: [String] = [],
        options: Options = [.noYangLibrary, .noCurrentDirectory, .referencedImplemented], netconfStub: Bool = true
    ) throws {
        try self.init(
            Recipe(
                searchDirectories: searchDirectories, modules: modules, sources: sources, options: options,
                netconfStub: netconfStub), deviations: nil)
    }

    private init(_ recipe: Recipe, deviations: String?) throws {
        Self.quiet
        self.recipe = recipe
        var context: OpaquePointer?
        let status = nx_ctx_new(nil, recipe.options.rawValue, &context)
        guard status == LY_SUCCESS, let context else {
            throw YANGFailure(what: "create context", code: status.rawValue, issues: [])
        }
        raw = context
        // Instead of ly_ctx_set_searchdir: the sources pass through ModuleSource, which repairs some on the way.
        let source = ModuleSource(directories: recipe.searchDirectories)
        source.install(in: context)
        defer {
            ly_ctx_set_module_imp_clb(context, nil, nil)
            withExtendedLifetime(source) {}
        }
        for source in (recipe.netconfStub ? [Self.netconfStub] : []) + recipe.sources {
            try check("parse module") { lys_parse_mem(context, source, LYS_IN_YANG, nil) }
        }
        for module in recipe.modules {
            // features: NULL means none enabled, "*" all of them.
            var features: [UnsafePointer<CChar>?] = module.features.map { UnsafePointer(strdup($0)) } + [nil]
            defer { for feature in features { free(UnsafeMutableRawPointer(mutating: feature)) } }
            if ly_ctx_load_module(context, module.name, module.revision, &features) == nil {
                throw failure("load module \(module.name)", LY_EOTHER)
            }
        }
        // Last: a deviation makes its target implemented, with no feature, unless it is already.
        if let deviations { try check("parse deviations") { lys_parse_mem(context, deviations, LYS_IN_YANG, nil) } }
    }

    /// The same modules, in which any text is a value of these leaves and leaf-lists. Costs as much as the first one.
    package func withUncheckedValues(of leaves: Set<SchemaPath>) throws -> YANGContext {
        let modules = Set(leaves.flatMap { $0.steps.map(\.module) }).sorted()
        let text = """
            module asbuilt-unchecked-values {
              yang-version 1.1;
              namespace "urn:asbuilt:unchecked-values";
              prefix unchecked;
            \(modules.map { "  import \($0) { prefix \($0); }" }.joined(separator: "\n"))
            \(leaves.map(\.description).sorted().map { "  deviation \"\($0)\" { deviate replace { type string; } }" }.joined(separator: "\n"))
            }
            """
        return try YANGContext(recipe, deviations: text)
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

    /// Where a leaf or leaf-list stands in the schema when its type refuses `value`; nil when it takes it, or when there
    /// is no such leaf.
    package func leaf(_ path: [XMLName], refusing value: String) -> SchemaPath? {
        defer { takeIssues() }
        var node: UnsafePointer<lysc_node>?
        for name in path {
            guard let module = ly_ctx_get_module_implemented_ns(raw, name.namespace),
                let found = lys_find_child(node, module, name.local, 0, 0, 0)
            else { return nil }
            node = found
        }
        guard let leaf = node, Int32(leaf.pointee.nodetype) & (LYS_LEAF | LYS_LEAFLIST) != 0,
            nx_value_validate(raw, leaf, value) != LY_SUCCESS
        else { return nil }
        var steps: [SchemaPath.Step] = []
        var cursor: UnsafePointer<lysc_node>? = leaf
        while let step = cursor {
            steps.append(
                SchemaPath.Step(
                    module: String(cString: step.pointee.module.pointee.name), name: String(cString: step.pointee.name))
            )
            cursor = step.pointee.parent.map { UnsafePointer($0) }
        }
        return SchemaPath(steps: steps.reversed())
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
