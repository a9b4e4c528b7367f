package io.jukung.linux.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.libc.Arch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Checks that the bytes in {@link MachineCode} are the assembled sources in {@code src/main/asm}.
 */
class MachineCodeTest {
  @TempDir Path work;

  @ParameterizedTest
  @EnumSource(Arch.class)
  void interpreterIsItsAssembledSource(Arch arch) throws Exception {
    assertAssemblesTo("interpreter", arch, MachineCode.interpreter(arch));
  }

  @ParameterizedTest
  @EnumSource(Arch.class)
  void cloneStubIsItsAssembledSource(Arch arch) throws Exception {
    assertAssemblesTo("clone-stub", arch, MachineCode.cloneStub(arch));
  }

  private void assertAssemblesTo(String name, Arch arch, byte[] expected) throws Exception {
    String tool =
        switch (arch) {
          case X86_64 -> "x86_64-linux-gnu-";
          case AARCH64 -> "aarch64-linux-gnu-";
        };
    String architecture = arch.toString().toLowerCase(java.util.Locale.ROOT);
    Path source = Path.of("src/main/asm", name + "-" + architecture + ".s");
    Path object = work.resolve("code.o");
    Path binary = work.resolve("code.bin");
    run(tool + "as", "-o", object.toString(), source.toString());
    run(tool + "objcopy", "-O", "binary", "-j", ".text", object.toString(), binary.toString());
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(binary)))
        .as("%s assembled; if its change is intended, this is the new text for MachineCode", source)
        .isEqualTo(HexFormat.of().formatHex(expected));
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as("%s: %s", String.join(" ", command), output).isZero();
  }
}
