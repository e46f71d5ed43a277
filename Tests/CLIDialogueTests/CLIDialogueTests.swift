import CLIDialogue
import Testing

@Suite struct CLIDialogueTests {
    /// Feeds text cut at one place and returns all actions.
    func feed(_ dialogue: inout CLIDialogue, _ text: String, cut: Int = 0) -> [CLIDialogue.Action] {
        let bytes = Array(text.utf8)
        return dialogue.received(Array(bytes.prefix(cut))) + dialogue.received(Array(bytes.dropFirst(cut)))
    }
    func ready(_ style: CLIStyle = .frr) -> CLIDialogue {
        var dialogue = CLIDialogue(style: style)
        #expect(feed(&dialogue, "\r\nHello, this is FRRouting.\r\n\r\nr1# ") == [.send([0x0A])])
        #expect(feed(&dialogue, "\r\nr1# ") == [.ready(CLIPrompt("r1#")!)])
        return dialogue
    }

    @Test func `an answer is complete at the prompt wherever the bytes are cut`() {
        let answer = "show version\r\nFRRouting 8.4.4 (r1).\r\nline two\r\nr1# "
        for cut in 0...answer.utf8.count {
            var dialogue = ready()
            #expect(dialogue.command("show version") == Array("show version\n".utf8))
            #expect(
                feed(&dialogue, answer, cut: cut) == [
                    .finished(.init(output: "FRRouting 8.4.4 (r1).\nline two", prompt: CLIPrompt("r1#")!))
                ])
        }
    }

    @Test func `a pager is answered with a space`() {
        var dialogue = ready(.ciscoIOS)
        _ = dialogue.command("show run")
        #expect(feed(&dialogue, "show run\r\none\r\n --More-- ") == [.send([0x20])])
        #expect(
            feed(&dialogue, "\r        \rtwo\r\nr1#") == [
                .finished(.init(output: "one\n        two", prompt: CLIPrompt("r1#")!))
            ])
    }

    @Test func `a foreseen question is answered, another is reported`() {
        var dialogue = ready(.ciscoIOS)
        _ = dialogue.command("no username x", expecting: [.init(expect: "[confirm]", answer: "")])
        #expect(feed(&dialogue, "no username x\r\nContinue? [confirm]") == [.send([0x0A])])
        #expect(feed(&dialogue, "\r\nr1(config)#").count == 1)
        _ = dialogue.command("reload")
        #expect(feed(&dialogue, "reload\r\nProceed? [confirm]") == [.asked("Proceed? [confirm]")])
    }

    @Test func `the mode is read from the prompt and refusals from the output`() {
        #expect(CLIPrompt("r1(config-router)# ")?.mode == "config-router")
        #expect(CLIPrompt("Welcome to r1#") == nil)
        #expect(CLIStyle.frr.refusal(in: "BGP is already running; AS is 65001") != nil)
        #expect(CLIStyle.frr.refusal(in: "% Unknown command: x") == "% Unknown command: x")
        #expect(CLIStyle.frr.refusal(in: "[OK]\n%% Warning: can't chown file") == nil)
        // As `write memory` of FRR 8.4.4 prints it when it does not run as root; the file is written all the same.
        #expect(
            CLIStyle.frr.refusal(in: "% Warning: can't chown configuration file /etc/frr/frr.conf: Operation not permitted")
                == nil)
    }
}
