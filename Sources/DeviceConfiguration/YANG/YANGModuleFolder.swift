internal import Diagnostics
internal import FoundationEssentials
internal import Synchronization
internal import YANGData

/// A folder of YANG modules that a site trusts, and the context made of it: once per process and content.
struct YANGModuleFolder {
    let path: String
    /// Names of the `.yang` files directly in it, sorted.
    let files: [String]
    /// Names, sizes and times of all files below: another text means another set of modules.
    private let fingerprint: String

    static let maximumFiles = 5_000
    /// Where installed packages keep the modules that others import.
    static let installed = ["/usr/share/yang/modules/libyang", "/usr/share/yuma/modules"]

    private static let contexts = Mutex<[String: Result<YANGContext, Findings>]>([:])

    /// Nil when there is no such folder.
    init?(_ path: String) {
        let manager = FileManager.default
        guard let names = try? manager.contentsOfDirectory(atPath: path) else { return nil }
        self.path = path
        files = names.filter { $0.hasSuffix(".yang") && !$0.hasPrefix(".") }.sorted()
        let all = ((try? manager.subpathsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".yang") }.sorted()
        fingerprint = all.prefix(Self.maximumFiles).map { name in
            let facts = try? manager.attributesOfItem(atPath: "\(path)/\(name)")
            let changed = (facts?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
            return "\(name) \(facts?[.size] ?? 0) \(changed)"
        }.joined(separator: "\n")
    }

    func context(_ platform: String) throws(Findings) -> YANGContext {
        let key = "\(path)\n\(fingerprint)"
        // Loading takes up to a second; two that come at once both load, and the same context is kept.
        if let known = Self.contexts.withLock({ $0[key] }) { return try known.get() }
        let made = load(platform)
        return try Self.contexts.withLock { contexts in
            let kept = contexts[key] ?? made
            contexts[key] = kept
            return kept
        }.get()
    }

    private func load(_ platform: String) -> Result<YANGContext, Findings> {
        if files.count > Self.maximumFiles {
            return .failure(problem("\(path) holds \(files.count) modules, limit \(Self.maximumFiles)"))
        }
        if let objection = YANGModuleTrial.objection(to: path) {
            return .failure(problem("the YANG modules of \(platform) in \(path) cannot be used: \(objection)"))
        }
        do {
            return .success(
                try YANGContext(searchDirectories: [path] + Self.installed, modules: try modules()))
        } catch {
            return .failure(problem("the YANG modules of \(platform) in \(path) cannot be loaded: \(error)"))
        }
    }

    /// Compiled in this process and not kept; for the process that tries them.
    func contextHere() throws(Findings) -> YANGContext {
        do {
            return try YANGContext(searchDirectories: [path] + Self.installed, modules: try modules())
        } catch { throw problem("\(error)") }
    }

    /// Whether they can be loaded; for the process that tries them.
    func compiles() -> Bool {
        do {
            _ = try YANGContext(searchDirectories: [path] + Self.installed, modules: try modules())
            return true
        } catch { return false }
    }

    /// One entry a module, of its newest revision; submodules come with what includes them.
    private func modules() throws -> [YANGContext.Module] {
        var newest: [String: String] = [:]
        for file in files {
            let parts = file.dropLast(".yang".count).split(separator: "@", maxSplits: 1).map(String.init)
            guard let name = parts.first, try !isSubmodule(file) else { continue }
            let revision = parts.count > 1 ? parts[1] : ""
            newest[name] = max(newest[name] ?? "", revision)
        }
        return newest.sorted { $0.key < $1.key }.map {
            YANGContext.Module($0.key, revision: $0.value.isEmpty ? nil : $0.value)
        }
    }

    private func isSubmodule(_ file: String) throws -> Bool {
        let text = try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)
        return YANGModuleText.keyword(of: text) == "submodule"
    }

    private func problem(_ what: String) -> Findings {
        Findings([
            Finding(
                code: "yang.modules-unusable", what: what, at: SourcePosition(file: path),
                remedy: "correct or remove the module; imports may lie in folders inside")
        ])
    }
}
