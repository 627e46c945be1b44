// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Mainstay

@Suite("LocalFiles")
struct LocalFilesTests {
    @Test("Paths in a message lose the folder that the caller is in, and nothing else does")
    func shortened() {
        func text(_ text: String) -> String { LocalFiles.shortened(text, below: "home/ada/shop") }
        #expect(text("home/ada/shop/k8s/web.yaml is no file") == "k8s/web.yaml is no file")
        #expect(text("Deployment web from home/ada/shop/web.yaml:1") == "Deployment web from web.yaml:1")
        #expect(text("/home/ada/shop/web.yaml  x") == "/home/ada/shop/web.yaml  x")
        #expect(text("home/ada/shopping/web.yaml") == "home/ada/shopping/web.yaml")
        #expect(LocalFiles.shortened("k8s/web.yaml", below: "") == "k8s/web.yaml")
    }
}
