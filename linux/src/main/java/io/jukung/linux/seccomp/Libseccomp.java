package io.jukung.linux.seccomp;

import io.jukung.linux.libc.NativeLibrary;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The C functions of libseccomp 2.5 (seccomp_init(3) and others). The library knows the numbers of
 * all system calls on all architectures.
 */
final class Libseccomp {
  static final String NAME = "libseccomp.so.2";

  private static final class Loaded {
    static final @Nullable Libseccomp INSTANCE =
        NativeLibrary.load(NAME).map(Libseccomp::new).orElse(null);
  }

  final NativeLibrary.Function init;
  final NativeLibrary.Function release;
  final NativeLibrary.Function setAttribute;
  final NativeLibrary.Function nativeArchitecture;
  final NativeLibrary.Function resolveArchitecture;
  final NativeLibrary.Function addArchitecture;
  final NativeLibrary.Function resolveCall;
  final NativeLibrary.Function resolveCallOn;
  final NativeLibrary.Function addRule;
  final NativeLibrary.Function exportBpf;

  private Libseccomp(NativeLibrary library) {
    init = library.function("seccomp_init");
    release = library.function("seccomp_release");
    setAttribute = library.function("seccomp_attr_set");
    nativeArchitecture = library.function("seccomp_arch_native");
    resolveArchitecture = library.function("seccomp_arch_resolve_name");
    addArchitecture = library.function("seccomp_arch_add");
    resolveCall = library.function("seccomp_syscall_resolve_name");
    resolveCallOn = library.function("seccomp_syscall_resolve_name_arch");
    addRule = library.function("seccomp_rule_add_array");
    exportBpf = library.function("seccomp_export_bpf");
  }

  static Optional<Libseccomp> get() {
    return Optional.ofNullable(Loaded.INSTANCE);
  }
}
