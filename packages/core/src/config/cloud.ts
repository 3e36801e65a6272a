/** A cloud of Microsoft Entra ID. All but `'public'` are apart: accounts, registrations and addresses of their own. */
export type Cloud = 'public' | 'us-government' | 'china' | 'france' | 'germany' | 'singapore'

/** Where people sign in, by cloud. */
export const signInHosts: Readonly<Record<Cloud, string>> = {
  public: 'login.microsoftonline.com',
  'us-government': 'login.microsoftonline.us',
  china: 'login.partner.microsoftonline.cn',
  france: 'login.sovcloud-identity.fr',
  germany: 'login.sovcloud-identity.de',
  singapore: 'login.sovcloud-identity.sg',
}

/** Every name of a cloud. */
export const cloudNames = Object.keys(signInHosts) as readonly Cloud[]

/** The cloud whose sign-in host this is; also by the older names that are still in configurations. */
export function cloudOfHost(host: string): Cloud | undefined {
  const wanted = formerHosts[host.toLowerCase()] ?? host.toLowerCase()
  return cloudNames.find((cloud) => signInHosts[cloud] === wanted)
}

const formerHosts: Readonly<Record<string, string>> = {
  'login.windows.net': signInHosts.public,
  'login.microsoft.com': signInHosts.public,
  'sts.windows.net': signInHosts.public,
  'login.chinacloudapi.cn': signInHosts.china,
}
