import DeviceConfiguration
import Testing

@Suite struct `Secret placeholders` {
    @Test func `a placeholder is one word and is found again in a text`() throws {
        let placeholder = try #require(SecretPlaceholder(reference: "env:BGP"))
        #expect("\(placeholder)" == "@secret(env:BGP)@")
        let text = " neighbor 192.0.2.1 password \(placeholder)\n again \(placeholder) @secret( @secret()@"
        #expect(SecretPlaceholder.all(in: text) == [placeholder])
        #expect(
            SecretPlaceholder.forEach(in: text) { _ in "v" }
                == " neighbor 192.0.2.1 password v\n again v @secret( @secret()@")
    }

    @Test func `what stands around a placeholder hides it from nobody`() throws {
        for (before, after) in [("é", "\u{301}"), ("\r\n", "\r\n"), ("@secret(a b)@", ")@"), ("@secret(", "@secret("), ("@", "@")] {
            let text = "\(before)@secret(env:A)@\(after)@secret(env:B)@"
            #expect(SecretPlaceholder.all(in: text).map(\.reference) == ["env:A", "env:B"], "\(text.debugDescription)")
            #expect(SecretPlaceholder.forEach(in: text) { $0.reference == "env:A" ? "1" : nil } == "\(before)1\(after)@secret(env:B)@")
        }
    }

    @Test(arguments: ["", "a b", "a)@", "x\ny", "<a>", "\u{1}"])
    func `a reference that could end the word is not one`(reference: String) {
        #expect(SecretPlaceholder(reference: reference) == nil)
    }

    @Test(arguments: ["a b", "a\n b", "a\r", "\u{0}", "a\u{85}b", "<x>", "a&b", "a\"", "\u{2028}"])
    func `a value that could smuggle a line is refused`(value: String) {
        #expect(throws: SecretValueProblem.notOneWord) { try SecretValueProblem.check(value) }
    }

    @Test func `an ordinary password is accepted, an empty one is not`() throws {
        try SecretValueProblem.check("p4ss-W0rd!#%$é")
        #expect(throws: SecretValueProblem.empty) { try SecretValueProblem.check("") }
    }
}
