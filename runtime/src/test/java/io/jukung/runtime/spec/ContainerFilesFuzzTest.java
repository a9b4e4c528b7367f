package io.jukung.runtime.spec;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.seccomp.ProfileException;
import io.jukung.runtime.Fuzz;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Account files of images, and seccomp profiles, that nobody meant. */
@Timeout(120)
class ContainerFilesFuzzTest {
  @Test
  void accountFilesAreReadOrRefused() throws Exception {
    byte[] fixture =
        """
        root:x:0:0:root:/root:/bin/sh
        app:x:1000:1001:App:/srv/app:/bin/false
        short:x:7
        ~
        root:x:0:
        app:x:1001:app,root
        wheel:x:10:app
        """
            .getBytes(UTF_8);
    Fuzz.run(
        List.of(fixture),
        input -> {
          String[] both = new String(input, UTF_8).split("~", 2);
          AccountFiles files = AccountFiles.parse(both[0], both.length > 1 ? both[1] : "");
          for (String user : List.of("root", "app", "", "1000")) {
            files.named(user).ifPresent(account -> AccountFiles.id(account.uid(), "passwd"));
            files.groupNamed(user);
            files.groupsOf(user);
          }
          files.withUid(0);
        },
        CriException.class);
  }

  @Test
  void seccompProfilesAreReadResolvedOrRefused() throws Exception {
    byte[] profile =
        """
        {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"archMap":[{"architecture":
        "SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]}],"syscalls":[{"names":["read",
        "write"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":40,"valueTwo":0,"op":
        "SCMP_CMP_NE"}],"includes":{"minKernel":"4.8","caps":["CAP_SYS_ADMIN"]},"excludes":
        {"arches":["s390"]}}]}"""
            .getBytes(UTF_8);
    Fuzz.run(
        List.of(profile),
        input -> SeccompProfile.parse(input).resolve(FACTS),
        ProfileException.class);
  }

  private static final SeccompProfile.Facts FACTS =
      new SeccompProfile.Facts(Arch.X86_64, Set.of("CAP_SYS_ADMIN"), "6.1.0-18-amd64");
}
