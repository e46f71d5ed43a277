extension LabNetwork {
    mutating func startShell(_ id: LabChannelID, at now: LabInstant) {
        guard let channel = channels[id], case .shell(var shell) = channel.session,
            case .frr(let router)? = devices[channel.device]?.engine
        else { return }
        let greeting = shell.greeting() + shell.prompt(router.prompt)
        channels[id]?.session = .shell(shell)
        send(greeting, on: id, at: now)
    }

    /// Feeds typed bytes through the editor and carries out finished lines.
    mutating func receiveShell(_ bytes: [UInt8], _ initial: FRRShell, on id: LabChannelID, at now: LabInstant) {
        guard let device = channels[id]?.device else { return }
        var shell = initial
        var output: [UInt8] = []
        for byte in bytes {
            guard let event = shell.take(byte, echo: &output) else { continue }
            switch event {
            case .line(let line):
                let ending = carryOut(line, &shell, &output, on: device, at: now)
                if ending != .goesOn {
                    leave(ending, output, shell, id, at: now)
                    return
                }
            case .interrupted:
                shell.asked = nil
                if shell.mode != .exec { shell.mode = .exec }
                output += prompt(&shell, device)
            case .endOfMode:
                if shell.mode != .exec { shell.mode = .exec }
                output += Array(shell.lineEnd.utf8) + prompt(&shell, device)
            case .endOfInput:
                leave(.exits, output + Array(shell.lineEnd.utf8), shell, id, at: now)
                return
            case .help(let typed):
                output += Array(shell.lineEnd.utf8) + shell.text(shell.help(for: typed)) + prompt(&shell, device)
                shell.retype(typed, echo: &output)
            case .complete(let typed): shell.complete(typed, echo: &output)
            }
        }
        channels[id]?.session = .shell(shell)
        send(output, on: id, at: now)
    }

    private enum Ending: Equatable { case goesOn, exits, drops, hangs }

    private mutating func leave(
        _ ending: Ending, _ output: [UInt8], _ shell: FRRShell, _ id: LabChannelID, at now: LabInstant
    ) {
        channels[id]?.session = .shell(shell)
        send(output, on: id, at: now)
        switch ending {
        case .goesOn: break
        case .exits: finish(id, status: 0, at: now)
        case .drops: drop(id, at: now)
        case .hangs: channels[id]?.session = .silent
        }
    }

    private mutating func prompt(_ shell: inout FRRShell, _ device: String) -> [UInt8] {
        let prompt = shell.prompt(devices[device]?.hostname ?? device)
        let fault = devices[device]?.faults.take { if case .logLine = $0 { true } else { false } }
        guard case .logLine(let text)? = fault else { return prompt }
        // The log line lands inside the prompt, which is then not written again.
        let half = prompt.count / 2
        return Array(prompt[..<half]) + Array(text.utf8) + Array(shell.lineEnd.utf8) + Array(prompt[half...])
    }

    /// One typed line, with whatever the faults make of it.
    private mutating func carryOut(
        _ typed: String, _ shell: inout FRRShell, _ output: inout [UInt8], on device: String, at now: LabInstant
    ) -> Ending {
        var line = typed.trimmedBlanks
        if let asked = shell.asked {
            shell.asked = nil
            guard line == asked.answer else {
                output += shell.text(["% Aborted"]) + prompt(&shell, device)
                return .goesOn
            }
            line = asked.line
        } else if !line.isEmpty, let fault = lineFault(line, on: device) {
            switch fault {
            case .refuseLine(_, let text):
                output += shell.text([text]) + prompt(&shell, device)
                return .goesOn
            case .hangAtLine: return .hangs
            case .dropAtLine(_, afterEffect: false): return .drops
            case .dropAtLine:
                _ = execute(line, &shell.mode, on: device, at: now)
                return .drops
            case .question(_, let text, let answer):
                shell.asked = (line, answer)
                output += Array(text.utf8)
                return .goesOn
            case .lie:
                output += prompt(&shell, device)
                return .goesOn
            case .rebootAtLine:
                devices[device]?.rebootAt = now
            case .dropAfterBytes, .slow, .logLine, .loginRefused, .lockHeld:
                break
            }
        }
        guard let outcome = execute(line, &shell.mode, on: device, at: now) else { return .drops }
        output += shell.text(outcome.output)
        if devices[device]?.rebootAt == now { return .hangs }
        if outcome.endsSession { return .exits }
        output += prompt(&shell, device)
        return .goesOn
    }

    private mutating func lineFault(_ line: String, on device: String) -> LabFault.Kind? {
        devices[device]?.faults.take { kind in
            switch kind {
            case .refuseLine(let pattern, _), .hangAtLine(let pattern), .dropAtLine(let pattern, _),
                .question(let pattern, _, _), .lie(let pattern), .rebootAtLine(let pattern):
                pattern.matches(line)
            case .dropAfterBytes, .slow, .logLine, .loginRefused, .lockHeld:
                false
            }
        }
    }

    /// Runs a line on the device and lets the network follow.
    private mutating func execute(_ line: String, _ mode: inout FRRMode, on device: String, at now: LabInstant)
        -> FRRRouter.Outcome?
    {
        guard case .frr(var router)? = devices[device]?.engine else { return nil }
        let outcome = router.execute(line, mode: mode, view: view(of: device, at: now))
        mode = outcome.mode
        devices[device]?.engine = .frr(router)
        settle(device, at: now)
        return outcome
    }

    /// `ssh host "show version"`: the lines of the command, one after the other.
    mutating func runCommand(_ command: String, on id: LabChannelID, at now: LabInstant) {
        guard let device = channels[id]?.device else { return }
        var mode = FRRMode.exec
        var status = 0
        var text = ""
        for line in command.split(separator: "\n") {
            guard let outcome = execute(String(line), &mode, on: device, at: now) else { break }
            text += outcome.output.map { $0 + "\n" }.joined()
            status = outcome.succeeded ? 0 : 1
            if !outcome.succeeded || outcome.endsSession { break }
        }
        send(Array(text.utf8), on: id, at: now)
        finish(id, status: status, at: now)
    }
}
