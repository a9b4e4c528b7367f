package io.jukung.cli.resident;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.linux.libc.Arch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checks that the bytes in {@link StarterCode} are the assembled sources in src/main/asm. */
class StarterCodeTest {
  @TempDir Path work;

  @ParameterizedTest
  @EnumSource(Arch.class)
  void starterIsItsAssembledSource(Arch arch) throws Exception {
    String architecture = arch.toString().toLowerCase(Locale.ROOT);
    Path source = Path.of("src/main/asm", "starter-" + architecture + ".s");
    Path object = work.resolve("starter.o");
    Path binary = work.resolve("starter");
    run(architecture + "-linux-gnu-as", "-o", object.toString(), source.toString());
    run(
        architecture + "-linux-gnu-objcopy",
        "-O",
        "binary",
        "-j",
        ".text",
        object.toString(),
        binary.toString());

    assertThat(HexFormat.of().formatHex(Files.readAllBytes(binary)))
        .as("%s assembled; if its change is intended, this is the new text for StarterCode", source)
        .isEqualTo(HexFormat.of().formatHex(StarterCode.executable(arch)));
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as("%s: %s", String.join(" ", command), output).isZero();
  }
}
