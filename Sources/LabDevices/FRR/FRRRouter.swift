/// Where in the CLI a session is.
enum FRRMode: Equatable, Sendable {
    case exec
    case configure
    case interface(String)
    case bgp
    case bgpFamily(RouteFamily)
    case routeMap(name: String, sequence: Int)
    case lineVTY

    var promptSuffix: String {
        switch self {
        case .exec: "#"
        case .configure: "(config)#"
        case .interface: "(config-if)#"
        case .bgp: "(config-router)#"
        case .bgpFamily: "(config-router-af)#"
        case .routeMap: "(config-route-map)#"
        case .lineVTY: "(config-line)#"
        }
    }

    /// The mode that `exit` leads to; nil where it ends the session.
    var parent: FRRMode? {
        switch self {
        case .exec: nil
        case .configure: .exec
        case .bgpFamily: .bgp
        case .interface, .bgp, .routeMap, .lineVTY: .configure
        }
    }
}

/// An FRRouting-like router: its configuration, and the interpreter of its commands.
///
/// Immediate mode: every line takes effect at once, there is no lock and no transaction. Texts follow FRRouting 8.4.4.
struct FRRRouter: Sendable {
    let name: String
    /// Interfaces the device has, whether configured or not.
    let ports: [String]
    var running: FRRConfiguration
    /// The text of `frr.conf`.
    var startup: [String]
    /// Seconds since 1970 at the lab's start.
    let epoch: Int

    /// What one line did.
    struct Outcome: Equatable, Sendable {
        var output: [String] = []
        var mode: FRRMode
        /// False when the line was not understood or not accepted.
        var succeeded = true
        var endsSession = false
    }

    init(name: String, ports: [String], startup: [String], epoch: Int) {
        self.name = name
        self.ports = ports.contains("lo") ? ports : ports + ["lo"]
        self.startup = startup
        self.epoch = epoch
        running = FRRConfiguration(hostname: name)
        _ = boot()
    }

    /// Starts with the saved configuration. Gives back what the device would complain about, by line number.
    mutating func boot() -> [(line: Int, text: String)] {
        running = FRRConfiguration(hostname: name)
        var mode = FRRMode.configure
        var complaints: [(line: Int, text: String)] = []
        for (index, line) in startup.enumerated() {
            if line.trimmedBlanks == "end" { break }
            let outcome = execute(line, mode: mode, view: RouterView())
            mode = outcome.mode == .exec ? .configure : outcome.mode
            if !outcome.output.isEmpty {
                complaints.append((index + 1, outcome.output.joined(separator: " ")))
            }
        }
        return complaints
    }

    var intent: RouterIntent { running.intent(ports: ports) }
    var prompt: String { running.hostname.isEmpty ? "(null)" : running.hostname }

    /// Carries out one line.
    mutating func execute(_ text: String, mode: FRRMode, view: RouterView) -> Outcome {
        let line = text.trimmedBlanks
        if line.isEmpty || line.hasPrefix("!") || line.hasPrefix("#") { return Outcome(mode: mode) }
        if mode != .exec, line.hasPrefix("do "), let rest = line.split(separator: " ", maxSplits: 1).last {
            var outcome = execute(String(rest), mode: .exec, view: view)
            outcome.mode = mode
            outcome.endsSession = false
            return outcome
        }
        return lookUp(line, mode: mode, view: view)
    }

    /// Tries the mode, then the modes around it.
    private mutating func lookUp(_ line: String, mode: FRRMode, view: RouterView) -> Outcome {
        var current = mode
        while true {
            switch FRRCommands.table(for: current).lookUp(line[...]) {
            case .found(let handler, let arguments):
                var execution = FRRExecution(router: self, mode: current, view: view)
                handler(&execution, arguments)
                self = execution.router
                return execution.outcome
            case .incomplete: return refused("% Command incomplete: \(line)", mode)
            case .ambiguous: return refused("% Ambiguous command: \(line)", mode)
            case .unknown:
                guard let parent = current.parent, parent != .exec else {
                    return refused("% Unknown command: \(line)", mode)
                }
                current = parent
            }
        }
    }

    private func refused(_ text: String, _ mode: FRRMode) -> Outcome {
        Outcome(output: [text], mode: mode, succeeded: false)
    }
}

/// What a command's handler works on.
struct FRRExecution {
    var router: FRRRouter
    let view: RouterView
    var outcome: FRRRouter.Outcome

    init(router: FRRRouter, mode: FRRMode, view: RouterView) {
        (self.router, self.view) = (router, view)
        outcome = FRRRouter.Outcome(mode: mode)
    }

    var mode: FRRMode {
        get { outcome.mode }
        set { outcome.mode = newValue }
    }
    mutating func print(_ lines: String...) { outcome.output += lines }
    mutating func print(contentsOf lines: [String]) { outcome.output += lines }
    /// The device says no.
    mutating func refuse(_ lines: String...) {
        outcome.output += lines
        outcome.succeeded = false
    }
}

extension String {
    /// Without blanks at both ends.
    var trimmedBlanks: String {
        let kept = self.drop { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" }
        guard let last = kept.lastIndex(where: { $0 != " " && $0 != "\t" && $0 != "\r" && $0 != "\n" }) else { return "" }
        return String(kept[...last])
    }
}
