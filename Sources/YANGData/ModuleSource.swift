import CLibYANG
import Glibc

/// Serves module sources to libyang from the search directories, after fixing two things that keep published vendor
/// models from loading or from accepting good data. Both fixes leave a correct module unchanged.
final class ModuleSource {
    private var files: [String: String] = [:]  // "name" and "name@revision"

    init(directories: [String]) {
        for directory in directories.reversed() { scan(directory) }
    }

    private func scan(_ directory: String) {
        guard let handle = opendir(directory) else { return }
        defer { closedir(handle) }
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            let path = directory + "/" + name
            if name.hasSuffix(".yang") {
                let base = String(name.dropLast(5))
                files[base] = path
                if let at = base.firstIndex(of: "@") { files[String(base[..<at])] = path }
            } else if entry.pointee.d_type == UInt8(DT_DIR) {
                scan(path)
            }
        }
    }

    func text(_ name: String, _ revision: String?) -> String? {
        guard let path = revision.flatMap({ files["\(name)@\($0)"] }) ?? files[name], let file = fopen(path, "r") else {
            return nil
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: repaired(bytes, anchored: name.hasPrefix("openconfig-")), as: UTF8.self)
    }

    /// 1. `"\w"` in a double-quoted string is an error in YANG 1.1 (IOS-XE has some): double such backslashes.
    /// 2. OpenConfig wrote POSIX patterns with ^ and $; XSD patterns are anchored already and take them literally, so that
    ///    no address ever matches: drop them.
    private func repaired(_ source: [UInt8], anchored: Bool) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(source.count)
        var index = 0
        var inPattern = false  // between the keyword and ; or {
        var atPatternStart = false
        func at(_ offset: Int) -> UInt8 { index + offset < source.count ? source[index + offset] : 0 }
        let keyword = Array("pattern".utf8)
        while index < source.count {
            let byte = source[index]
            switch byte {
            case UInt8(ascii: "/") where at(1) == UInt8(ascii: "/"):
                while index < source.count, source[index] != 10 {
                    out.append(source[index])
                    index += 1
                }
            case UInt8(ascii: "/") where at(1) == UInt8(ascii: "*"):
                while index < source.count, !(source[index] == UInt8(ascii: "*") && at(1) == UInt8(ascii: "/")) {
                    out.append(source[index])
                    index += 1
                }
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                out.append(byte)
                index += 1
                if inPattern, anchored, atPatternStart, index < source.count, source[index] == UInt8(ascii: "^") {
                    index += 1
                }
                atPatternStart = false
                while index < source.count, source[index] != byte {
                    if byte == UInt8(ascii: "\""), source[index] == UInt8(ascii: "\\") {
                        if !"nt\"\\".utf8.contains(at(1)) { out.append(UInt8(ascii: "\\")) }
                        out.append(source[index])
                        index += 1
                    }
                    out.append(source[index])
                    index += 1
                }
                if inPattern, anchored, out.last == UInt8(ascii: "$") {
                    var next = index + 1
                    while next < source.count, source[next] <= 32 { next += 1 }
                    if next < source.count, source[next] != UInt8(ascii: "+") { out.removeLast() }
                }
                out.append(byte)
                index += 1
            default:
                if byte == UInt8(ascii: ";") || byte == UInt8(ascii: "{") { inPattern = false }
                if source[index...].starts(with: keyword), at(keyword.count) <= 32, index > 0, source[index - 1] <= 32 {
                    inPattern = true
                    atPatternStart = true
                }
                out.append(byte)
                index += 1
            }
        }
        return out
    }

    func install(in context: OpaquePointer) {
        ly_ctx_set_module_imp_clb(
            context,
            { name, revision, submodule, submoduleRevision, data, format, text, release in
                guard let data, let name, let format, let text, let release else { return LY_EINVAL }
                let source = Unmanaged<ModuleSource>.fromOpaque(data).takeUnretainedValue()
                let wanted = String(cString: submodule ?? name)
                let wantedRevision = (submodule == nil ? revision : submoduleRevision).map { String(cString: $0) }
                guard let found = source.text(wanted, wantedRevision) else { return LY_ENOTFOUND }
                format.pointee = LYS_IN_YANG
                text.pointee = UnsafePointer(strdup(found))
                release.pointee = { text, _ in free(text) }
                return LY_SUCCESS
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}
