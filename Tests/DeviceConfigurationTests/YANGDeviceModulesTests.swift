import Diagnostics
import Foundation
import TestSupport
import Testing
import XMLDocuments

@testable import DeviceConfiguration

@Suite struct `YANG modules that devices give` {
    private let fragment = IntendedFragment(
        clause: "box", ownership: .merge, text: "<box xmlns='urn:acme'>\n  <size>11</size></box>",
        provenance: [4, 5].map { LineProvenance(clause: "box", positions: [SourcePosition(file: "box.j2", line: $0)]) },
        templateLines: ["<box xmlns='urn:acme'>", "  <size>{{ size }}</size></box>"])

    private func program(_ script: String, in scratch: borrowing ScratchFolder) throws -> String {
        let file = try scratch.write("#!/bin/sh\n\(script)\n", to: "program")
        let path = file.path(percentEncoded: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    private func check(_ script: String, patience: Duration = .seconds(60)) throws -> YANGModuleTrial.Verdict {
        let scratch = try ScratchFolder()
        let program = try program(script, in: scratch)
        var verdict: YANGModuleTrial.Verdict
        // Another test that starts a process holds the script open for writing between its fork and its exec.
        repeat {
            verdict = YANGModuleTrial.check([fragment.text], with: "/folder", by: program, patience: patience)
        } while verdict
            == .unusable("a process for trying them cannot be started: \(String(cString: strerror(ETXTBSY)))")
        return verdict
    }

    @Test func `what a module imports and includes is read from its text`() {
        let text = """
            // import not-this
            module acme { /* include nor-this; */ namespace "urn:acme; import x"; prefix a;
              import acme-types { prefix t; revision-date 2020-01-01; } include acme-parts;
              import 'acme-types' { prefix u; }
              description "import strings { }";
              container import { leaf include { type string; } } }
            """
        #expect(YANGModuleText.dependencies(of: text) == ["acme-types", "acme-parts"])
        #expect(YANGModuleText.name(of: text) == "acme")
        #expect(YANGModuleText.name(of: "\u{FEFF} /* x */ submodule b { }") == "b")
        #expect(YANGModuleText.name(of: "<html>") == nil && YANGModuleText.name(of: "") == nil)
        #expect(YANGModuleText.dependencies(of: "import \"open") == ["open"])
    }

    @Test func `the modules that are needed are those of elements, and of identities in values`() {
        func namespaces(_ text: String) -> Set<String> {
            YANGDeviceModules.namespaces(of: [
                IntendedFragment(clause: "x", ownership: .merge, text: text, provenance: [], templateLines: [])
            ])
        }
        let content = """
            <interfaces xmlns="urn:if" xmlns:unused="urn:unused"><interface nc:operation="replace">
            <type xmlns:t="urn:types">t:tunnel</type><mac>00:11:22</mac><text>unused text</text></interface></interfaces>
            """
        #expect(namespaces(content) == ["urn:if", "urn:types"])
        #expect(namespaces("<a xmlns='urn:a' xmlns:b='urn:b'><c><d>b:x</d></c></a>") == ["urn:a", "urn:b"])
    }

    @Test func `a set is stored once by what it says, and read as a folder of modules`() throws {
        let scratch = try ScratchFolder()
        let store = YANGDeviceModules(folder: scratch.url.path(percentEncoded: false))
        let set = [("acme", "2026-01-01", "module acme { }"), ("acme-types", "", "module acme-types { }")]
        let first = try store.store(set)
        #expect(try store.store(set.reversed()) == first && first.count == 2)
        #expect(try store.store([set[0]]).digest != first.digest)
        let folder = try #require(YANGModuleFolder(first.folder))
        #expect(folder.files == ["acme-types.yang", "acme@2026-01-01.yang"])
        #expect(try String(contentsOfFile: first.folder + "/acme-types.yang", encoding: .utf8) == set[1].2)
    }

    @Test(arguments: [("../acme", ""), ("acme", "../../x"), ("", ""), ("a b", ""), ("1acme", "")])
    func `a name that would leave the folder is refused`(_ name: String, _ revision: String) throws {
        let scratch = try ScratchFolder()
        let store = YANGDeviceModules(folder: scratch.url.path(percentEncoded: false))
        #expect(throws: Findings.self) { try store.store([(name, revision, "module x { }")]) }
    }

    @Test func `the verdict of the process that checks comes back with places of the template`() throws {
        let json = """
            [{"severity":"error","code":"yang.invalid","what":"clause 0: no \\u001b[31m","remedy":"r","position":{"file":"0","line":2,"column":3}}]
            """
        guard
            case .checked(let found) = try check(
                "test $1 = --check-yang-content && test $2 = /folder && cat <<'X'\n\(json)\nX")
        else {
            Issue.record("no verdict")
            return
        }
        #expect(found.count == 1 && found[0].position == SourcePosition(file: "0", line: 2, column: 3))
        #expect(
            fragment.position(of: .init(line: 2, column: 3)) == SourcePosition(file: "box.j2", line: 5, column: 3))
    }

    @Test func `a process that dies, is silent or speaks nonsense gives no verdict`() throws {
        #expect(try check("kill -SEGV $$") == .unusable("libyang does not survive them (signal 11)"))
        for script in ["exit 0", "echo no; exit 0", "echo '[]'; exit 4", "exit 3"] {
            #expect(try check(script) == .unusable("the process that tries them gave no verdict"), "\(script)")
        }
        let refused =
            "echo '[{\"severity\":\"error\",\"code\":\"c\",\"what\":\"no such type\",\"remedy\":\"r\"}]'; exit 3"
        #expect(try check(refused) == .unusable("no such type"))
        guard case .unusable(let why) = YANGModuleTrial.check([""], with: "/folder", by: "/no/such/program") else {
            Issue.record("started")
            return
        }
        #expect(why.contains("cannot be started"))
    }

    /// Processor time alone is no limit for a process that sleeps.
    @Test(arguments: ["exec sleep 600", "sleep 600", "exec 1>&-; exec sleep 600"])
    func `a process that does not end is ended`(_ script: String) throws {
        let verdict = try check(script, patience: .milliseconds(200))
        let late = YANGModuleTrial.Verdict.unusable(
            "the process that tries them took longer than 0.2 seconds and was ended")
        #expect(verdict == late || verdict == .unusable("libyang does not survive them (signal 9)"), "\(verdict)")
    }
}
