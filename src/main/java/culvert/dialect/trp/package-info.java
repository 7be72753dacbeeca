/**
 * The wire of tunneled-reverse-proxy, as another dialect behind the seam: a control connection on
 * which the remote proxy writes a line for each visitor, and a data connection for each line.
 * Nobody says who he is: whoever reaches the control address first receives the visitors.
 */
package culvert.dialect.trp;
