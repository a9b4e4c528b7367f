package io.jukung.runtime.spec;

import static io.jukung.linux.fs.OpenFlags.O_NONBLOCK;
import static io.jukung.linux.fs.OpenFlags.O_RDONLY;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.cri.v1.LinuxContainerSecurityContext;
import io.jukung.cri.v1.SecurityProfile;
import io.jukung.cri.v1.SecurityProfile.ProfileType;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.seccomp.ProfileException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** Decides which seccomp profile a container has. Thread-safe. */
final class SeccompRules {
  private static final String FIELD = "config.linux.security_context.seccomp";
  private static final String LOCALHOST = "localhost/";

  /** Far larger than any known profile. */
  private static final int MAX_FILE_BYTES = 1 << 20;

  private final String kernel = System.getProperty("os.version", "");

  /** RuntimeDefault, which is read when it is first used. */
  private static final class Standard {
    static final SeccompProfile PROFILE = read();

    private static SeccompProfile read() {
      try (InputStream in = SeccompRules.class.getResourceAsStream("default-seccomp.json")) {
        if (in == null) {
          throw new IllegalStateException("default-seccomp.json is not in the jar");
        }
        return SeccompProfile.parse(in.readAllBytes());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * The requested profile, in the terms of the newest field.
   *
   * @param file the path of a Localhost profile; empty for other types
   */
  private record Wanted(ProfileType type, String file) {}

  /**
   * The container's profile; empty if the container runs without one. Actions and arguments of its
   * rules are not checked yet.
   *
   * @param bounding the container's bounding set of capabilities, by kernel names
   * @throws CriException INVALID_ARGUMENT if the profile does not exist or is not valid
   * @throws IOException if the profile cannot be read now
   */
  Optional<Spec.Seccomp> of(LinuxContainerSecurityContext security, List<String> bounding)
      throws IOException {
    Wanted wanted = wanted(security);
    if (security.getPrivileged() || wanted.type() == ProfileType.Unconfined) {
      return Optional.empty();
    }
    String what = wanted.file().isEmpty() ? "RuntimeDefault" : "profile " + wanted.file();
    try {
      SeccompProfile profile =
          wanted.file().isEmpty() ? Standard.PROFILE : SeccompProfile.parse(read(wanted.file()));
      return Optional.of(
          profile.resolve(new SeccompProfile.Facts(Arch.CURRENT, new HashSet<>(bounding), kernel)));
    } catch (ProfileException e) {
      throw new CriException(
          ErrorKind.INVALID_ARGUMENT, FIELD + ": " + what + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new IOException(FIELD + ": " + what + ": " + e.getMessage(), e);
    }
  }

  /** A profile that is present counts, also if its type is RuntimeDefault, the zero value. */
  @SuppressWarnings("deprecation") // old clients set the deprecated field
  private static Wanted wanted(LinuxContainerSecurityContext security) {
    if (security.hasSeccomp()) {
      SecurityProfile profile = security.getSeccomp();
      return switch (profile.getProfileType()) {
        case RuntimeDefault, Unconfined -> new Wanted(profile.getProfileType(), "");
        case Localhost -> localhost(profile.getLocalhostRef());
        case UNRECOGNIZED -> throw CriException.unimplementedField(FIELD + ".profile_type");
      };
    }
    String old = security.getSeccompProfilePath();
    return switch (old) {
      case "", "unconfined" -> new Wanted(ProfileType.Unconfined, "");
      case "runtime/default", "docker/default" -> new Wanted(ProfileType.RuntimeDefault, "");
      default -> {
        if (!old.startsWith(LOCALHOST)) {
          throw CriException.invalidArgument(
              FIELD
                  + "_profile_path \""
                  + old
                  + "\" must be unconfined, runtime/default, docker/default or localhost/FILE");
        }
        yield localhost(old);
      }
    };
  }

  private static Wanted localhost(String reference) {
    String file =
        reference.startsWith(LOCALHOST) ? reference.substring(LOCALHOST.length()) : reference;
    if (!file.startsWith("/")) {
      throw CriException.invalidArgument(
          FIELD + ": the Localhost profile \"" + reference + "\" is not an absolute path");
    }
    return new Wanted(ProfileType.Localhost, file);
  }

  /** Does not wait, as opening a FIFO would. */
  private static byte[] read(String file) throws IOException {
    try (Fd open = HostFile.open(file, O_RDONLY | O_NONBLOCK, 0)) {
      if (FileStatus.of(open).type() != FileType.REGULAR) {
        throw new ProfileException("it is not a file"); // reading a device may never end
      }
      byte[] bytes = new byte[MAX_FILE_BYTES + 1];
      int length = 0;
      for (int count = -1; count != 0 && length < bytes.length; length += count) {
        count = open.read(bytes, length, bytes.length - length);
      }
      if (length > MAX_FILE_BYTES) {
        throw new ProfileException("the file is larger than " + MAX_FILE_BYTES + " bytes");
      }
      return Arrays.copyOf(bytes, length);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        throw new ProfileException("there is no such file", e);
      }
      if (e.is(Errno.ENOTDIR) || e.is(Errno.ELOOP) || e.is(Errno.ENAMETOOLONG)) {
        throw new ProfileException(String.valueOf(e.getMessage()), e); // no such path anywhere
      }
      throw e;
    }
  }
}
