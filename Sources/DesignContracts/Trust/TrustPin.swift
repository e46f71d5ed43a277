package import Diagnostics
internal import FoundationEssentials
internal import Glibc
internal import SignedManifests

/// Keys pinned outside the workspace that may sign a site's policy.
///
/// The file is an `allowed_signers` file whose principals are site names, so that plain `ssh-keygen -Y verify` can use it.
package struct TrustPin: Equatable, Sendable {
    /// Where pins are looked for.
    package struct Location: Equatable, Sendable {
        package var path: String
        /// Must belong to root.
        package var isSystem: Bool
        package init(path: String, isSystem: Bool) { (self.path, self.isSystem) = (path, isSystem) }
    }
    package var location: Location
    package var bytes: [UInt8]

    package static let systemPath = "/etc/asbuilt/trust"

    /// The places, first the one that counts: `ASBUILT_TRUST`, the system's file, the user's.
    package static func locations(environment: [String: String], systemPath: String = Self.systemPath) -> [Location] {
        if let path = environment["ASBUILT_TRUST"], !path.isEmpty { return [Location(path: path, isSystem: false)] }
        var found = [Location(path: systemPath, isSystem: true)]
        if let path = userPath(environment) { found.append(Location(path: path, isSystem: false)) }
        return found
    }

    /// Where `trust pin` writes.
    package static func userPath(_ environment: [String: String]) -> String? {
        if let path = environment["ASBUILT_TRUST"], !path.isEmpty { return path }
        if let base = environment["XDG_CONFIG_HOME"], base.hasPrefix("/") { return base + "/asbuilt/trust" }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.config/asbuilt/trust"
    }

    /// The first file that exists; nil when there is none. Refuses files that others could write or that lie in the
    /// workspace.
    package static func find(_ locations: [Location], workspace: String) throws(Findings) -> TrustPin? {
        for location in locations {
            var status = stat()
            guard stat(location.path, &status) == 0 else {
                guard errno == ENOENT || errno == ENOTDIR else {
                    throw refusal(
                        "unreadable", location, "cannot be read: \(String(cString: strerror(errno)))",
                        "check its permissions")
                }
                continue
            }
            let resolved = resolvedPath(location.path)
            if resolved.hasPrefix(resolvedPath(workspace) + "/") {
                throw refusal(
                    "pin-inside-workspace", location, "lies in the workspace it shall vouch for",
                    "keep it outside, see `asbuilt trust pin`")
            }
            if status.st_mode & (S_IWGRP | S_IWOTH) != 0 {
                throw refusal("pin-writable", location, "can be written by others", "chmod go-w \(location.path)")
            }
            if location.isSystem, status.st_uid != 0 {
                throw refusal("pin-owner", location, "does not belong to root", "chown root \(location.path)")
            }
            if !location.isSystem, status.st_uid != 0, status.st_uid != geteuid() {
                throw refusal(
                    "pin-owner", location, "belongs to somebody else", "pin the key yourself with `asbuilt trust pin`")
            }
            do {
                return TrustPin(location: location, bytes: Array(try Data(contentsOf: URL(filePath: location.path))))
            } catch {
                throw refusal("unreadable", location, "cannot be read: \(error)", "check its permissions")
            }
        }
        return nil
    }

    private static func resolvedPath(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func refusal(_ code: String, _ location: Location, _ what: String, _ remedy: String) -> Findings {
        Findings([Finding(code: "trust.\(code)", what: "the pin file \(location.path) \(what)", remedy: remedy)])
    }

    /// Adds a key for a site to the user's pin file and gives the file's path.
    ///
    /// - Parameter publicKey: `ssh-ed25519 AAAA…`, compared with the owner's fingerprint by whoever pins.
    package static func pin(site: String, publicKey: String, at path: String) throws(Findings) {
        let name = try siteName(site)
        let line = "\(name) namespaces=\"\(SignatureNamespace.policy.rawValue)\" \(publicKey)\n"
        let check = AllowedSigners(Array(line.utf8), file: path)
        try check.findings.throwIfErrors()
        do {
            let url = URL(filePath: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            var text =
                FileManager.default.fileExists(atPath: path)
                ? String(decoding: try Data(contentsOf: url), as: UTF8.self) : ""
            if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
            if !text.contains(line) { text += line }
            try Data(text.utf8).write(to: url, options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        } catch {
            throw Findings([
                Finding(
                    code: "trust.not-written", what: "\(path) cannot be written: \(error)",
                    remedy: "check its permissions")
            ])
        }
    }

    static func siteName(_ name: String) throws(Findings) -> PrincipalName {
        guard let principal = PrincipalName(name) else {
            throw Findings([
                Finding(
                    code: "trust.site-name", what: "the site's name “\(name)” cannot stand in a pin file",
                    remedy: "use letters, digits and `._@+-` for `name:` in inventory/site.yaml")
            ])
        }
        return principal
    }
}
