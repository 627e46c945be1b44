// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Git

@Suite("GitURL")
struct GitURLTests {
    @Test(
        "reads the kinds of URL",
        arguments: [
            ("/srv/git/repo", .directory("/srv/git/repo")),
            ("file:///srv/a%20b.git", .directory("/srv/a b.git")),
            ("https://git.example.com/team/repo.git/", .http("https://git.example.com/team/repo.git")),
            ("http://GIT.example.com:8080/repo", .http("http://git.example.com:8080/repo")),
            (
                "ssh://git@git.example.com/team/repo.git",
                .ssh(.init(host: "git.example.com", port: 22, path: "/team/repo.git"))
            ),
            ("ssh://git@[::1]:2222/repo", .ssh(.init(host: "::1", port: 2222, path: "/repo"))),
            (
                "git@git.example.com:team/repo.git",
                .ssh(.init(host: "git.example.com", port: 22, path: "team/repo.git"))
            ),
        ] as [(String, GitURL.Location)])
    func reads(_ text: String, _ location: GitURL.Location) throws {
        #expect(try GitURL(text).location == location)
    }

    @Test(
        "refuses what is not one",
        arguments: [
            "", "repo", "./repo", "git://example.com/repo", "ftp://example.com/x", "https:///repo", "https://a b/c",
            "https://example.com:0/x", "https://example.com:99999/x", "https://example.com/x?token=1", "file://host/x",
            "ssh://-oProxyCommand=x/y", "git@host:a'b", "ssh://host/$(id)", "-x@host:y", "file:///a%0ab", "ssh://host",
        ])
    func refuses(_ text: String) {
        #expect { try GitURL(text) } throws: { ($0 as? GitError)?.code == .invalidURL }
    }

    @Test(
        "a password in the URL is refused and not repeated, nor where its scheme was left out",
        arguments: [
            "https://ada:hunter2@example.com/repo", "ada:hunter2@example.com/repo", "hunter2@example.com/repo",
            "file://ada:hunter2@example.com/repo",
        ])
    func password(_ text: String) {
        let error = #expect(throws: GitError.self) { try GitURL(text) }
        #expect(error?.code == .invalidURL)
        #expect(error?.description.contains("hunter2") == false)
        #expect(error?.description.contains("example.com/repo") == true)
    }

    @Test(
        "is shown without user info",
        arguments: ["https://token@example.com/x", "ssh://token@example.com/x", "token@example.com:x"])
    func shown(_ text: String) throws {
        let url = try GitURL(text)
        #expect(url.user == "token")
        #expect(!url.description.contains("token"))
    }
}
