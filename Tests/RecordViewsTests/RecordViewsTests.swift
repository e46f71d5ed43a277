import AsBuiltRecords
import CanonicalData
import RecordViews
import TestSupport
import Testing

@Suite struct `Records for people` {
    @Test func `the Markdown page says what the record says`() throws {
        try Golden.expect(RecordMarkdown(SampleRecord.record).text, "as-built.md", beside: #filePath)
    }

    @Test func `a closed record names who closed it and why`() {
        let closing = ClosingStatement(
            manifest: .sha256("m"), principal: "bob@example.net", claimedAt: "2026-11-24T01:00:00Z",
            reasons: ["D-1": "Known quirk"], learnings: ["Ask the provider first"])
        for page in [
            RecordMarkdown(SampleRecord.record, closing: closing).text,
            RecordPage(SampleRecord.record, closing: closing).html,
        ] {
            #expect(page.contains("bob@example.net"))
            #expect(page.contains("Known quirk"))
            #expect(page.contains("Ask the provider first"))
            #expect(!page.contains("not given yet"))
        }
    }

    @Test func `the page is self-contained and runs nothing`() {
        let html = RecordPage(SampleRecord.record).html
        #expect(!html.contains("<script"))
        #expect(!html.contains("http://") && !html.contains("https://"))
        #expect(html.contains("default-src 'none'"))
        #expect(html.contains("<svg class=\"topology\""))
        #expect(html.contains("<svg class=\"timeline\""))
    }

    @Test func `device text can neither format a page nor move a cursor`() {
        let markdown = RecordMarkdown(SampleRecord.record).text
        let html = RecordPage(SampleRecord.record).html
        for page in [markdown, html] { #expect(!page.contains("\u{1B}")) }
        #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        // Outside code spans every mark is escaped; inside, the bar that would end a table cell.
        for line in markdown.split(separator: "\n") where line.contains("alert(1)") && !line.contains("`` <script>") {
            #expect(line.contains("\\<script\\>"))
        }
    }

    @Test func `every device, criterion, check, deviation and signer appears on the page`() {
        let html = RecordPage(SampleRecord.record).html
        for text in ["edge-1", "AC-1", "D-1", "alice@example.net", "SHA256:abc", "macros.j2:2", "bgp.j2:7", "not touched"] {
            #expect(html.contains(text), "\(text)")
        }
    }
}
