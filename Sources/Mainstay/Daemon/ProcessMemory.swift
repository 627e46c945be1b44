// SPDX-License-Identifier: Apache-2.0

internal import CMalloc
internal import Glibc
internal import Kubernetes
internal import ServiceLifecycle

/// What the process keeps resident, beyond what it has in use.
///
/// Between two commits the daemon does next to nothing for hours, and what a rollout needed for seconds would stay: free
/// pages of the heap, which glibc keeps for whoever allocates next, and pages of program code that ran once, and of its
/// constants. The kernel takes neither back while memory is plenty, and a pod's limit counts both.
enum ProcessMemory {
    /// No further heaps: of one for each thread (mallopt(3)) each would keep the most that its thread ever had. A few are
    /// there by now, unless `MALLOC_ARENA_MAX=1` is in the environment, as in our image and unit. Large buffers are
    /// mapped by themselves, and so go at once; glibc would raise that threshold after the first one.
    static func bound() {
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, 256 << 10)
        mallopt(M_TRIM_THRESHOLD, 512 << 10)
    }

    /// Free pages of the heap go back to the kernel. So do pages of code and constants: the kernel maps those again from
    /// its cache, or from the file, as they are used.
    static func giveBack() {
        malloc_trim(0)
        // Without it, as where /proc is hidden, they stay where they are.
        guard let smaps = try? FileReader.disk.read("/proc/self/smaps", 16 << 20) else { return }
        for mapping in FileMapping.all(in: smaps) {
            madvise(UnsafeMutableRawPointer(bitPattern: mapping.start), Int(mapping.length), MADV_DONTNEED)
        }
    }
}

/// A part of a program or library that is mapped as it is in its file: code, or constants.
struct FileMapping: Equatable {
    var start: UInt
    var length: UInt

    /// - Parameter smaps: `/proc/PID/smaps` (proc(5)).
    ///
    /// Only what could be read from the file again: not writable, and without a page that was changed in memory
    /// (relocations, a debugger's breakpoints).
    static func all(in smaps: [UInt8]) -> [FileMapping] {
        var found: [FileMapping] = []
        var candidate: FileMapping?
        for line in smaps.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "))
            guard let first = fields.first else { continue }
            if first.last != UInt8(ascii: ":") {
                candidate = mapping(fields)
            } else if first.elementsEqual("Anonymous:".utf8), let mapping = candidate {
                if fields.count > 1, fields[1].elementsEqual("0".utf8) { found.append(mapping) }
                candidate = nil
            }
        }
        return found
    }

    /// `7f0a…-7f0b… r-xp 00001000 fe:00 123 /usr/lib/libc.so.6`
    private static func mapping(_ fields: [ArraySlice<UInt8>]) -> FileMapping? {
        guard fields.count > 5, fields[1].elementsEqual("r-xp".utf8) || fields[1].elementsEqual("r--p".utf8),
            fields[5].first == UInt8(ascii: "/")
        else { return nil }
        let bounds = fields[0].split(separator: UInt8(ascii: "-")).map {
            UInt(String(decoding: $0, as: UTF8.self), radix: 16)
        }
        guard bounds.count == 2, let start = bounds[0], let end = bounds[1], start < end else { return nil }
        return FileMapping(start: start, length: end - start)
    }
}

/// Gives back what is not in use, for as long as the daemon runs. It costs milliseconds.
struct MemoryService: Service {
    private static let interval = Duration.seconds(30)

    let clock: any Clock<Duration>

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await clock.sleep(for: Self.interval)) != nil { ProcessMemory.giveBack() }
        }
    }
}
