package import Diagnostics
internal import FoundationEssentials
internal import Glibc
internal import SourceDocuments

/// Reads an OpenSSH client configuration and the files it includes. What is wrong is found all at once.
struct SSHConfigurationReading {
    /// The home folder: `~`, and where relative `Include` paths start, below its `.ssh`.
    let home: String
    let workspace: Workspace
    private(set) var findings = Findings()
    private var files = 0
    private var lines = 0
    /// Patterns of `IgnoreUnknown`.
    private var ignored: [String] = []

    static let maximumFileBytes = 1 << 20
    static let maximumDepth = 16
    static let maximumFiles = 256
    static let maximumLines = 100_000

    init(home: String, workspace: Workspace) { (self.home, self.workspace) = (home, workspace) }

    /// The lines of a file. - Parameter isRequired: Whether a missing file is a finding.
    mutating func read(_ path: String, isRequired: Bool = true, depth: Int = 0) -> [SSHConfiguration.Item] {
        let shown = shown(path)
        files += 1
        guard files <= Self.maximumFiles else {
            report(
                "too-many-files", "more than \(Self.maximumFiles) files are included", SourcePosition(file: shown),
                "include fewer")
            return []
        }
        guard let text = text(path, shown, isRequired: isRequired) else { return [] }
        let source = SourceText(file: shown, text: text)
        var items: [SSHConfiguration.Item] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            lines += 1
            guard lines <= Self.maximumLines else {
                report(
                    "too-long", "more than \(Self.maximumLines) lines in all files", SourcePosition(file: shown),
                    "give this program a shorter file")
                return items
            }
            items += read(line, Place(source: source, line: index + 1), depth)
        }
        return items
    }

    // MARK: Files

    /// A path as people know it.
    func shown(_ path: String) -> String {
        if path.hasPrefix(workspace.root + "/") { return workspace.shown(path) }
        return path.hasPrefix(home + "/") ? "~" + path.dropFirst(home.count) : path
    }

    private mutating func text(_ path: String, _ shown: String, isRequired: Bool) -> String? {
        let position = SourcePosition(file: shown)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR {
                if isRequired { report("missing", "there is no such file", position, "create it, or correct its name") }
            } else {
                report("unreadable", "the file cannot be opened (error \(errno))", position, "check its permissions")
            }
            return nil
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            report("unreadable", "this is not a file", position, "name a regular file")
            return nil
        }
        // As OpenSSH: who may write it decides where connections go.
        guard status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & 0o022 == 0 else {
            report("exposed", "others on this machine may change the file", position, "chmod go-w \(shown)")
            return nil
        }
        guard status.st_size <= Self.maximumFileBytes else {
            report("too-long", "the file is longer than \(Self.maximumFileBytes) bytes", position, "shorten it")
            return nil
        }
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 16_384))
        while bytes.count <= Self.maximumFileBytes {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            report("not-text", "the file is not UTF-8 text", position, "save it as UTF-8")
            return nil
        }
        return text
    }

    /// The files a pattern of `Include` means, in order of name.
    private func files(matching pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
        return (0..<min(Int(found.gl_pathc), Self.maximumFiles + 1)).compactMap {
            paths[$0].map { String(cString: $0) }
        }
    }

    // MARK: Lines

    /// Where a line stands.
    struct Place {
        var source: SourceText
        var line: Int
        func at(_ word: SSHConfigurationLine.Word) -> SourcePosition {
            source.position(line: line, column: word.column)
        }
    }

    private mutating func read(_ text: Substring, _ place: Place, _ depth: Int) -> [SSHConfiguration.Item] {
        let line: SSHConfigurationLine
        do throws(SSHConfigurationLine.Problem) {
            guard let found = try SSHConfigurationLine(text) else { return [] }
            line = found
        } catch {
            let position = place.source.position(line: place.line, column: 1)
            switch error {
            case .noArgument:
                report("no-value", "the keyword has no value", position, "write: KEYWORD VALUE", place)
            case .openQuote: report("open-quote", "a quote is not closed", position, "close it", place)
            }
            return []
        }
        let keyword = line.keyword.text.lowercased()
        switch SSHConfigurationKeyword.use(keyword) {
        case nil:
            if SSHConfigurationPattern.matches(ignored, keyword) { return [] }
            let meant = SSHConfigurationKeyword.closest(keyword).map { "did you mean \($0)? " } ?? ""
            report(
                "unknown-keyword",
                "“\(safeForDisplay(line.keyword.text, keepingLines: false))” is no option of ssh_config",
                place.at(line.keyword), meant + "Otherwise list it under IgnoreUnknown", place)
            return []
        case .irrelevant: return []
        case .unused(let reason):
            return [
                .option(
                    .unused(
                        .init(
                            keyword: line.keyword.text, text: line.arguments.map(\.text).joined(separator: " "),
                            reason: reason, position: place.at(line.keyword))))
            ]
        case .used: return used(keyword, line, place, depth)
        }
    }

    private mutating func used(_ keyword: String, _ line: SSHConfigurationLine, _ place: Place, _ depth: Int)
        -> [SSHConfiguration.Item]
    {
        switch keyword {
        case "host": return [.host(line.arguments.map(\.text))]
        case "include": return include(line, place, depth)
        case "ignoreunknown":
            ignored += line.arguments.flatMap { $0.text.lowercased().split(separator: ",").map(String.init) }
            return []
        case "match":
            report(
                "match", "`Match` is not supported: what it asks is not known before a connection is made",
                place.at(line.keyword),
                "write the options under `Host`, or give asbuilt a file of its own: `ssh-config: PATH` in inventory/site.yaml",
                place)
            // What follows is for nobody.
            return [.host([])]
        case "proxycommand":
            return [
                .option(
                    .proxyCommand(
                        .init(
                            value: line.arguments.map(\.text).joined(separator: " "), position: place.at(line.keyword)))
                )
            ]
        default:
            if line.arguments.count > 1 {
                report(
                    "too-many-values", "\(line.keyword.text) takes one value", place.at(line.arguments[1]),
                    "remove the rest, or put the value in quotes", place)
                return []
            }
            let value = SSHConfigurationValue(line: line, place: place)
            switch value.option(keyword) {
            case .success(let option): return option.map { [.option($0)] } ?? []
            case .failure(let problem):
                report(problem.code, problem.what, place.at(line.arguments[0]), problem.remedy, place)
                return []
            }
        }
    }

    private mutating func include(_ line: SSHConfigurationLine, _ place: Place, _ depth: Int) -> [SSHConfiguration.Item]
    {
        guard depth < Self.maximumDepth else {
            report(
                "too-deep", "files include each other more than \(Self.maximumDepth) deep", place.at(line.keyword),
                "remove the circle", place)
            return []
        }
        var items: [SSHConfiguration.Item] = []
        for word in line.arguments {
            var path = word.text
            if path == "~" || path.hasPrefix("~/") {
                path = home + path.dropFirst()
            } else if path.hasPrefix("~") {
                report(
                    "home-of-others", "the home folders of others are not looked up", place.at(word),
                    "write the path from / on", place)
                continue
            } else if !path.hasPrefix("/") {
                path = home + "/.ssh/" + path
            }
            for file in files(matching: path) where findings.all.count < 100 {
                items.append(.included(read(file, isRequired: false, depth: depth + 1)))
            }
        }
        return items
    }

    private mutating func report(
        _ code: String, _ what: String, _ position: SourcePosition, _ remedy: String, _ place: Place? = nil
    ) {
        findings.add(
            Finding(
                code: "ssh-config.\(code)", what: what, at: position, remedy: remedy,
                excerpt: place?.source.excerpt(at: position)))
    }
}

extension SSHConfiguration {
    /// Reads the file that a site names, and what it includes; throws everything that is wrong with them.
    package static func load(_ file: SiteSettings.SSHConfigurationFile, workspace: Workspace, home: String)
        throws(Findings) -> SSHConfiguration
    {
        let path =
            file.path.hasPrefix("~/")
            ? home + file.path.dropFirst() : file.path.hasPrefix("/") ? file.path : workspace.root + "/" + file.path
        var reading = SSHConfigurationReading(home: home, workspace: workspace)
        let items = reading.read(path, isRequired: file.isNamed)
        try reading.findings.throwIfErrors()
        return SSHConfiguration(items: items, file: reading.shown(path))
    }
}
