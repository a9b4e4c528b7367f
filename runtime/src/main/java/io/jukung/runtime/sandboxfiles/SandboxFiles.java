package io.jukung.runtime.sandboxfiles;

import io.jukung.cri.CriException;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.runtime.dns.NameServer;
import io.jukung.runtime.dns.ResolvConf;
import io.jukung.runtime.store.SandboxRecord.Dns;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the files {@code hostname}, {@code hosts} and {@code resolv.conf} of a sandbox, which its
 * containers see in /etc. Every user in a container can read the files. On the host only root can,
 * because their directory is private. Each file is replaced as a whole, so they can be written
 * again until the first container has mounted them. Nothing waits for the disk: the files do not
 * outlive the boot of the node.
 */
public final class SandboxFiles {
  private static final int READABLE = 0644;

  /** The entries that Linux distributions put into the file. */
  private static final String HOSTS =
      """
      127.0.0.1	localhost
      ::1	localhost ip6-localhost ip6-loopback
      fe00::	ip6-localnet
      ff00::	ip6-mcastprefix
      ff02::1	ip6-allnodes
      ff02::2	ip6-allrouters
      """;

  private final StatePaths paths;
  private final HostFiles host;

  public SandboxFiles(StatePaths paths) {
    this(paths, HostFiles.STANDARD);
  }

  SandboxFiles(StatePaths paths, HostFiles host) {
    this.paths = paths;
    this.host = host;
  }

  /**
   * The contents of the files.
   *
   * @param hostname the pod's host name
   * @param hostNetwork whether the pod is in the host's network, and resolves names as the host
   *     does
   * @param addresses the pod's IP addresses; empty in the host's network
   * @param more lines for the hosts file, each an address and a name
   * @param dns the dns_config of CRI; if it is null or has no entry, the host's resolv.conf is used
   * @param user the mappings of the pod's user namespace, whose root owns the files; null for the
   *     host's user namespace
   */
  public record Names(
      String sandboxId,
      String hostname,
      boolean hostNetwork,
      List<String> addresses,
      List<List<String>> more,
      @Nullable Dns dns,
      @Nullable IdMappings user) {
    /**
     * Checks every value that becomes a word of a line.
     *
     * @throws CriException INVALID_ARGUMENT if a value would be read as more than one word
     */
    public Names {
      addresses = List.copyOf(addresses);
      more = List.copyOf(more);
      more.forEach(line -> check("hosts", line));
      if (dns != null) {
        check("dns_config.servers", dns.servers());
        check("dns_config.searches", dns.searches());
        check("dns_config.options", dns.options());
      }
      check("hostname", List.of(hostname));
    }
  }

  /** Writes the three files. The sandbox's state directory must exist. */
  public void write(Names names) throws IOException {
    String id = names.sandboxId();
    write(paths.hostname(id), utf8(names.hostname() + "\n"), names.user());
    write(paths.hosts(id), hosts(names), names.user());
    write(paths.resolvConf(id), resolvConf(names), names.user());
  }

  /**
   * Writes resolv.conf again into the same file, which a container may have mounted. A container
   * that reads the file at this moment may find it incomplete.
   */
  public void rewriteResolvConf(Names names) throws IOException {
    Path file = paths.resolvConf(names.sandboxId());
    byte[] content = resolvConf(names);
    if (!Arrays.equals(Files.readAllBytes(file), content)) {
      Files.write(file, content, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
    }
  }

  /**
   * The resolver of a pod that is served names by the daemon. What the pod's maker has not named is
   * as on the host.
   *
   * @param asked what the pod's maker asks for; its servers are those that the daemon asks
   */
  public Dns ownResolver(@Nullable Dns asked) throws IOException {
    ResolvConf ofHost =
        ResolvConf.parse(new String(host.readResolvConf(false), StandardCharsets.UTF_8));
    List<String> searches =
        asked == null || asked.searches().isEmpty() ? ofHost.searches() : asked.searches();
    List<String> options =
        new ArrayList<>(
            asked == null || asked.options().isEmpty() ? ofHost.options() : asked.options());
    if (options.stream().noneMatch(each -> each.startsWith("ndots:"))) {
      options.add("ndots:0"); // names of containers have no dots, and are asked for as they are
    }
    return new Dns(List.of(NameServer.ADDRESS), searches, options);
  }

  private static void write(Path file, byte[] content, @Nullable IdMappings user)
      throws IOException {
    AtomicFile.replace(file, content, READABLE);
    if (user != null) {
      Files.setAttribute(file, "unix:uid", user.rootUser());
      Files.setAttribute(file, "unix:gid", user.rootGroup());
    }
  }

  private byte[] hosts(Names names) throws IOException {
    if (names.hostNetwork() && names.more().isEmpty()) {
      return host.readHosts();
    }
    StringBuilder text = new StringBuilder();
    if (names.hostNetwork()) {
      text.append(new String(host.readHosts(), StandardCharsets.UTF_8).stripTrailing());
      text.append('\n');
    } else {
      text.append(HOSTS);
    }
    names.more().forEach(line -> text.append(String.join("\t", line)).append('\n'));
    for (String address : names.addresses()) {
      text.append(address).append('\t').append(names.hostname()).append('\n');
    }
    return utf8(text.toString());
  }

  /** Writes search domains, servers and options in the order of resolv.conf(5). */
  private byte[] resolvConf(Names names) throws IOException {
    Dns dns = names.dns();
    if (dns == null
        || (dns.servers().isEmpty() && dns.searches().isEmpty() && dns.options().isEmpty())) {
      return host.readResolvConf(names.hostNetwork());
    }
    StringBuilder text = new StringBuilder();
    if (!dns.searches().isEmpty()) {
      text.append("search ").append(String.join(" ", dns.searches())).append('\n');
    }
    for (String server : dns.servers()) {
      text.append("nameserver ").append(server).append('\n');
    }
    if (!dns.options().isEmpty()) {
      text.append("options ").append(String.join(" ", dns.options())).append('\n');
    }
    return utf8(text.toString());
  }

  private static void check(String field, List<String> values) {
    for (String value : values) {
      if (value.chars().anyMatch(c -> c <= ' ' || c == 0x7f)) {
        throw CriException.invalidArgument(field + " contains a space or a control character");
      }
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
