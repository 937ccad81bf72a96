"""The crawler of the tutorials: Pool, requests, re, and a callback that writes SQLite.

seed.py URLS DATABASE PROCESSES
"""
import re
import sqlite3
import sys
from multiprocessing import Pool

import requests

PATTERN = re.compile('<dd>.*?board-index.*?>(\\d+)<.*?title="(.*?)".*?star.*?>(.*?)<.*?releasetime.*?>(.*?)<'
                     '.*?integer.*?>(.*?)<.*?fraction.*?>(.*?)<', re.S)


def get_page(url):
    response = requests.get(url)
    return response.content.decode('utf-8') if response.status_code == 200 else ''


def parse_page(text):
    for index, title, actor, released, whole, tenth in PATTERN.findall(text):
        database.execute('INSERT INTO film VALUES (?, ?, ?, ?, ?)',
                         (index, title, actor.strip()[3:], released[5:], whole + tenth))


if __name__ == '__main__':
    # Callbacks run in a thread of the pool, one at a time.
    database = sqlite3.connect(sys.argv[2], check_same_thread=False)
    database.execute('CREATE TABLE film (idx, title, actor, time, score)')
    with open(sys.argv[1], encoding='utf-8') as lines:
        urls = lines.read().split()
    pool = Pool(int(sys.argv[3]))
    for url in urls:
        pool.apply_async(get_page, (url,), callback=parse_page)
    pool.close()
    pool.join()
    database.commit()
