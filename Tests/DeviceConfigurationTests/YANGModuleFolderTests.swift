import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import DeviceConfiguration

@Suite struct `A site's own YANG modules` {
    private let module = """
        /* comment; module */ // another
        module acme { yang-version 1.1; namespace "urn:acme"; prefix a; include acme-parts; import acme-types { prefix t; }
          revision 2026-01-01;
          container box { leaf size { type t:size; } list slot { key "number"; leaf number { type uint8; } } uses part; } }
        """
    private let parts = """
        submodule acme-parts { yang-version 1.1; belongs-to acme { prefix a; }
          grouping part { leaf part { type string { pattern "[a-z]+"; } } } }
        """
    private let types = """
        module acme-types { namespace "urn:acme:types"; prefix t;
          typedef size { type uint8 { range "1..10"; } } }
        """

    private func folder(_ body: (String) throws -> Void) throws {
        let scratch = try ScratchFolder()
        let folder = scratch.url.appending(path: "acme")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "imports"), withIntermediateDirectories: true)
        for (name, text) in [
            ("acme@2026-01-01.yang", module), ("acme@2020-01-01.yang", "module acme { no"), ("acme-parts.yang", parts),
            ("imports/acme-types.yang", types), ("notes.txt", "not a module"),
        ] { try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8) }
        try body(folder.path(percentEncoded: false))
    }

    private func fragment(_ text: String) -> IntendedFragment {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).indices
        return IntendedFragment(
            clause: "box", ownership: .merge, text: text,
            provenance: lines.map {
                LineProvenance(clause: "box", positions: [SourcePosition(file: "box.xml.j2", line: $0 + 1)])
            })
    }

    @Test func `the newest revisions are used, with submodules and imports`() throws {
        try folder { path in
            let schema = try #require(try YANGSchema.named("netconf", folder: path))
            let model = YANGConfigurationModel(schema: schema)
            let observed = try model.snapshot(Array("<data><box xmlns='urn:acme'><size>3</size></box></data>".utf8))
            let change = try model.change(
                from: observed, to: [fragment("<box xmlns='urn:acme'><part>lid</part></box>")])
            #expect(change.diff == "  acme:box\n+  part lid\n", "\(change.diff)")
            #expect(change.findings.all.isEmpty)
        }
    }

    @Test func `content is checked without a device, every element at its template line`() throws {
        try folder { path in
            let model = YANGConfigurationModel(schema: try #require(try YANGSchema.named("netconf", folder: path)))
            let text = """
                <box xmlns='urn:acme'>
                  <size>11</size>
                </box>
                <box xmlns='urn:acme'>
                  <slot nc:operation='delete'><number>1</number></slot>
                  <lid/>
                </box>
                <box xmlns='urn:other'/>
                """
            let found = model.check([fragment(text)])
            #expect(found.all.map { $0.position?.line } == [2, 6, 8], "\(found.all)")
            #expect(model.check([fragment("<box xmlns='urn:acme'><size>10</size></box>")]).all.isEmpty)
        }
    }

    @Test func `a module that does not compile is named, an empty folder is as none`() throws {
        try folder { path in
            try "module acme { broken".write(toFile: path + "/acme@2027-01-01.yang", atomically: true, encoding: .utf8)
            #expect { try YANGSchema.named("netconf", folder: path) } throws: {
                ($0 as? Findings)?.all.first?.code == "yang.modules-unusable"
            }
        }
        #expect(try YANGSchema.named("netconf", folder: "/nowhere")?.platform == nil)
        #expect(try YANGSchema.named("lab_router", folder: "/nowhere")?.platform == "lab_router")
    }

    @Test func `modules on which the compiler dies are refused in words, others are compiled here`() throws {
        let scratch = try ScratchFolder()
        for (script, expected) in [
            ("kill -SEGV $$", "signal 11"), ("exit 3", nil),
            ("test \"$1\" = --compile-yang-modules && exit 0; kill -9 $$", nil),
        ] as [(String, String?)] {
            let program = try scratch.write("#!/bin/sh\n\(script)\n", to: "program")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: program.path(percentEncoded: false))
            var objection: String?
            // Another test that starts a process holds the script open for writing between its fork and its exec.
            repeat { objection = YANGModuleTrial.objection(to: "/folder", by: program.path(percentEncoded: false)) } while
                objection?.contains(String(cString: strerror(ETXTBSY))) == true
            #expect((objection == nil) == (expected == nil), "\(script): \(objection ?? "")")
            if let expected { #expect(objection?.contains(expected) == true, "\(script): \(objection ?? "")") }
        }
        #expect(YANGModuleTrial.objection(to: "/folder", by: "/no/such/program")?.contains("cannot be started") == true)
    }
}
