package io.jukung.runtime.usernetwork;

import com.google.common.net.InetAddresses;
import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * A range of addresses with a common prefix, such as 172.20.0.0/24.
 *
 * @param first the lowest address as a number
 * @param prefix how many bits all addresses have in common
 * @param bits 32 for IPv4, 128 for IPv6
 */
record Subnet(BigInteger first, int prefix, int bits) {
  private static final int IPV4_BITS = 32;
  private static final int IPV6_BITS = 128;

  /**
   * Reads a subnet.
   *
   * @throws IllegalArgumentException if the text is none, or has bits after the prefix
   */
  static Subnet parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !text.substring(slash + 1).matches("\\d{1,3}")) {
      throw new IllegalArgumentException("not a subnet: \"" + text + "\" (write ADDRESS/PREFIX)");
    }
    InetAddress address;
    try {
      address = InetAddresses.forString(text.substring(0, slash));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "not a subnet: \"" + text + "\" (write ADDRESS/PREFIX)", e);
    }
    int bits = bits(address);
    int prefix = Integer.parseInt(text.substring(slash + 1));
    if (prefix > bits) {
      throw new IllegalArgumentException("subnet " + text + ": the prefix is longer than " + bits);
    }
    Subnet subnet = of(number(address), prefix, bits);
    if (!subnet.first().equals(number(address))) {
      throw new IllegalArgumentException(
          "subnet " + text + " has bits after its prefix, write " + subnet);
    }
    return subnet;
  }

  /** The subnet with this prefix that has the address. */
  static Subnet of(BigInteger address, int prefix, int bits) {
    return new Subnet(address.shiftRight(bits - prefix).shiftLeft(bits - prefix), prefix, bits);
  }

  static BigInteger number(InetAddress address) {
    return new BigInteger(1, address.getAddress());
  }

  static int bits(InetAddress address) {
    return address instanceof Inet6Address ? IPV6_BITS : IPV4_BITS;
  }

  boolean isIpv6() {
    return bits == IPV6_BITS;
  }

  BigInteger size() {
    return BigInteger.ONE.shiftLeft(bits - prefix);
  }

  private BigInteger last() {
    return first.add(size()).subtract(BigInteger.ONE);
  }

  boolean contains(InetAddress address) {
    return bits(address) == bits && of(number(address), prefix, bits).first().equals(first);
  }

  boolean contains(Subnet other) {
    return bits == other.bits
        && other.prefix >= prefix
        && of(other.first, prefix, bits).first().equals(first);
  }

  boolean overlaps(Subnet other) {
    return contains(other) || other.contains(this);
  }

  /** The address with a number in the subnet, from 0. */
  InetAddress address(long index) {
    return toAddress(first.add(BigInteger.valueOf(index)));
  }

  /**
   * The first address that an interface may have: the first of all stands for the subnet, except in
   * one that has no more than two (RFC 3021).
   */
  InetAddress firstUsable() {
    return address(isTiny() ? 0 : 1);
  }

  /** The last address that an interface may have: the last of IPv4 is for broadcasts. */
  InetAddress lastUsable() {
    return toAddress(isIpv6() || isTiny() ? last() : last().subtract(BigInteger.ONE));
  }

  private boolean isTiny() {
    return bits - prefix <= 1;
  }

  /** The subnet of the same size that comes next. */
  Subnet next() {
    return new Subnet(first.add(size()), prefix, bits);
  }

  private InetAddress toAddress(BigInteger number) {
    byte[] bytes = new byte[bits / Byte.SIZE];
    byte[] digits = number.toByteArray();
    int count = Math.min(digits.length, bytes.length);
    System.arraycopy(digits, digits.length - count, bytes, bytes.length - count, count);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // only thrown for a wrong length
    }
  }

  static String text(InetAddress address) {
    return InetAddresses.toAddrString(address);
  }

  @Override
  public String toString() {
    return text(toAddress(first)) + "/" + prefix;
  }
}
