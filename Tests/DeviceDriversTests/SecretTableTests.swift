import DeviceDrivers
import Diagnostics
import Testing

@Suite struct `Secrets on their way to and from a device` {
    let table = SecretTable(device: "r1", values: ["env:A": Secret("canary"), "env:B": Secret("canary-long")])

    private func masked(_ text: String) -> String { String(decoding: table.mask(Array(text.utf8)), as: UTF8.self) }

    @Test func `a placeholder becomes the value only in what is revealed`() throws {
        let secret = try table.reveal("neighbor 1.2.3.4 password @secret(env:A)@")
        #expect("\(secret)" == "•••")
        secret.withRevealed { #expect($0 == "neighbor 1.2.3.4 password canary") }
    }

    @Test func `a word that a device shows becomes the placeholder again`() {
        #expect(masked(" neighbor 1.2.3.4 password canary\n") == " neighbor 1.2.3.4 password @secret(env:A)@\n")
        #expect(masked("<key>canary-long</key>") == "<key>@secret(env:B)@</key>")
        #expect(masked("key \"canary\";") == "key \"@secret(env:A)@\";")
    }

    @Test func `a value inside other text is masked`() {
        #expect(masked("xcanaryx") == "x•••x")
        #expect(masked("url tftp://u:canary-long@h/") == "url tftp://u:•••@h/")
    }

    @Test func `an unknown reference and a value that is more than a word are refused`() {
        #expect(throws: DriverError.self) { try table.reveal("x @secret(env:C)@") }
        let smuggling = SecretTable(device: "r1", values: ["env:A": Secret("x\nno router bgp 1")])
        let error = #expect(throws: DriverError.self) { try smuggling.reveal("p @secret(env:A)@") }
        #expect(error?.code == .secret)
        #expect(error?.what.contains("no router") == false)
    }
}
