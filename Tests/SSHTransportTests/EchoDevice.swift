import ByteTransport
import Synchronization

/// A device with one user, a line echo behind shells and exec, an echo subsystem and a few commands that misbehave.
struct EchoDevice: ServerHandler {
    static let user = "netops"
    static let password = "peer-Pass1"
    var authorizedKeys: [String] = []
    var questions: [(text: String, isEchoed: Bool)] = []
    var answers: [String] = []
    var dropsAtAccept = false
    var refusesExec = false
    let log = Log()

    final class Log: Sendable {
        let attempts = Mutex<[String]>([])
        let closed = Mutex<Int>(0)
    }

    var prompts: [(text: String, isEchoed: Bool)] { questions }

    func accepts(_ connection: ServerConnection) -> Bool { !dropsAtAccept }
    func closed(_ connection: ServerConnection) { log.closed.withLock { $0 += 1 } }

    func authenticate(_ attempt: LoginAttempt, on connection: ServerConnection) -> Bool {
        let (name, isRight): (String, Bool) =
            switch attempt.proof {
            case .none: ("none", false)
            case .password(let password): ("password", password == Self.password)
            case .answers(let given): ("keyboard-interactive", given == answers)
            case .publicKey(let key, let isProbe): (isProbe ? "probe" : "publickey", authorizedKeys.contains(key))
            }
        log.attempts.withLock { $0.append(name) }
        return isRight && attempt.user == Self.user
    }

    func open(_ channel: ServerChannel) -> (any ServerChannelMachine)? {
        switch channel.kind {
        case .shell(let columns, _): EchoMachine(greeting: "columns \(columns)\r\n> ")
        case .exec where refusesExec: nil
        case .exec(let command): EchoMachine(command: command)
        case .subsystem("echo"): EchoMachine(greeting: "")
        case .subsystem: nil
        }
    }
}

struct EchoMachine: ServerChannelMachine {
    var greeting = ""
    var command: String?
    private var line: [UInt8] = []

    init(greeting: String) { self.greeting = greeting }
    init(command: String) { self.command = command }

    mutating func opened(at now: ContinuousClock.Instant) -> [ServerChannelAction] {
        guard let command else { return greeting.isEmpty ? [] : [.send(Array(greeting.utf8))] }
        let words = command.split(separator: " ")
        switch words.first {
        case "size": return [.send([UInt8](repeating: 0x78, count: words.count > 1 ? Int(words[1]) ?? 0 : 0)), .close]
        case "later": return [.wake(at: now + .milliseconds(20))]
        case "fail": return [.send(Array("no\n".utf8)), .exitStatus(3), .close]
        case "drop": return [.drop]
        case "logoff": return [.send(Array("bye\n".utf8)), .disconnect]
        default: return [.send(Array("ran \(command)\n".utf8)), .exitStatus(0), .close]
        }
    }
    mutating func woken(at now: ContinuousClock.Instant) -> [ServerChannelAction] {
        [.send(Array("late\n".utf8)), .exitStatus(0), .close]
    }
    mutating func inputEnded(at now: ContinuousClock.Instant) -> [ServerChannelAction] {
        command == nil ? [.close] : []
    }
    mutating func received(_ bytes: [UInt8], at now: ContinuousClock.Instant) -> [ServerChannelAction] {
        bytes == Array("exit\r".utf8) || bytes == Array("exit\n".utf8) ? [.exitStatus(0), .close] : [.send(bytes)]
    }
}
