// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc

/// Tells URLs of this machine, which no proxy can reach.
package enum LoopbackHost {
    /// True where the host is `localhost`, of 127.0.0.0/8, or `::1`.
    package static func isNamed(in url: String) -> Bool {
        guard let parsed = curl_url() else { return false }
        defer { curl_url_cleanup(parsed) }
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_get(parsed, CURLUPART_HOST, &text, 0) == CURLUE_OK, let text
        else { return false }
        defer { curl_free(text) }
        return isLoopback(String(cString: text))
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        var four = in_addr()
        // In network order, so that the first byte is the first number.
        if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        var six = in6_addr()
        guard host.hasPrefix("["), inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &six) == 1 else {
            return false
        }
        return withUnsafeBytes(of: six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
    }
}
