// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Transport

@Suite struct TransportErrorTests {
    @Test(
        "A subject has no user info, query or fragment",
        arguments: [
            ("https://me:secret@host:8443/a/b?token=secret#secret", "GET https://host:8443/a/b"),
            ("https://host?secret", "GET https://host"),
            ("http://me@se:cret@host/x@y", "GET http://host/x@y"),
            ("nonsense", "GET nonsense"),
        ])
    func subject(url: String, expected: String) {
        #expect(HTTPRequest(url: url).subject == expected)
    }

    @Test("User info is taken out of any URL in a text")
    func text() {
        let text = "no proxy 'http://me:secret@one' nor ftp://two/a@b https://u:secret@three"
        #expect(text.withoutUserInfo == "no proxy 'http://one' nor ftp://two/a@b https://three")
    }

    @Test("Durations are written in seconds")
    func durations() {
        #expect(Duration.seconds(30).seconds == "30 s")
        #expect(Duration.milliseconds(1050).seconds == "1.050 s")
    }

    @Test("Another name than the certificate's: the URL gets that name, the connection goes to the host")
    func serverName() throws {
        let request = HTTPRequest(url: "https://10.0.0.1:6443/api?limit=5")
        let route = try ServerNameRoute(url: request.url, serverName: "kubernetes", request: request)
        #expect(route.url == "https://kubernetes:6443/api?limit=5")
        #expect(route.connectTo == "kubernetes:6443:10.0.0.1:6443")
        #expect(route.host == "10.0.0.1:6443")
        let short = try ServerNameRoute(url: "https://[::1]/", serverName: "kubernetes", request: request)
        #expect(short.connectTo == "kubernetes:443:[::1]:443")
        #expect(short.host == "[::1]")
    }
}
